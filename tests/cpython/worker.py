"""Runs one test module inside the interpreter under test and tells each event on a line of its own.

    worker.py MODULE EVENTS SKIP

EVENTS is the file that the lines go to, SKIP a file with the tests to leave out (they ran before a crash).
Uses as little of the library as it can: it runs in a runtime that may be broken.
"""

import os
import sys
import unittest


def main():
    module_name, events, skip = sys.argv[1:4]
    with open(skip, encoding="utf-8") as file:
        done = set(file.read().split("\n"))
    out = os.open(events, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def tell(kind, name, note=""):
        note = note.strip().rsplit("\n", 1)[-1][:300].replace("\t", " ")
        os.write(out, f"{kind}\t{name}\t{note}\n".encode("utf-8", "backslashreplace"))

    def name_of(test):
        name = test.id()
        if name.startswith("test."):
            name = name[5:]
        if " (" in name:
            # "setUpClass (test.test_x.Class)"
            what, where = name.split(" (", 1)
            name = where.rstrip(")").removeprefix("test.") + "." + what
        return "".join(c if c.isprintable() and not c.isspace() else "_" for c in name)

    class Result(unittest.TestResult):
        def startTest(self, test):
            super().startTest(test)
            self.state = ("ok", "")
            tell("start", name_of(test))

        def stopTest(self, test):
            super().stopTest(test)
            tell(self.state[0], name_of(test), self.state[1])
            self.state = None

        state = None

        def note(self, kind, test, err=None):
            text = self._exc_info_to_string(err, test) if err else ""
            if self.state is None:
                # A fixture of a class or module: there is no test around it.
                tell("start", name_of(test))
                tell(kind, name_of(test), text)
            else:
                self.state = (kind, text)

        def addError(self, test, err):
            self.note("fail", test, err)

        def addFailure(self, test, err):
            self.note("fail", test, err)

        def addSubTest(self, test, subtest, err):
            if err is not None:
                self.note("fail", test, err)

        def addSkip(self, test, reason):
            if self.state is None or self.state[0] == "ok":
                self.note("skip", test)

        def addUnexpectedSuccess(self, test):
            self.note("fail", test)

        def addExpectedFailure(self, test, err):
            pass

    def each(suite):
        for test in suite:
            if isinstance(test, unittest.TestSuite):
                yield from each(test)
            else:
                yield test

    tell("start", module_name)
    try:
        suite = unittest.defaultTestLoader.loadTestsFromName("test." + module_name)
    except unittest.SkipTest as why:
        tell("skip", module_name, str(why))
        tell("end", module_name)
        return
    except BaseException as error:
        tell("fail", module_name, f"{type(error).__name__}: {error}")
        tell("end", module_name)
        return
    tests = [test for test in each(suite) if name_of(test) not in done]
    tell("ok", module_name)
    # A suite of suites: class fixtures run once a class, because equal classes follow each other.
    unittest.TestSuite(tests).run(Result())
    tell("end", module_name)


if __name__ == "__main__":
    main()
