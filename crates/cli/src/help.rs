//! The texts of `--help` and its kin.

pub const USAGE_TAIL: &str = "\
Options (and corresponding environment variables):
-b     : warn about comparing bytes with str or int (-bb: as an error)
-B     : write no .pyc files on import; also PYTHONDONTWRITEBYTECODE=x
-c cmd : run the program text cmd (ends the list of options)
-d     : accepted; there is no parser to debug; also PYTHONDEBUG=x
-E     : ignore the PYTHON* environment variables
-h     : print this text and exit (also -? or --help)
-i     : look around after the program has run: prompts even where standard
         input is no terminal; also PYTHONINSPECT=x
-I     : keep apart from the user's environment (implies -E, -P and -s)
-m mod : run a library module as a program (ends the list of options)
-O     : leave asserts and __debug__ code out; also PYTHONOPTIMIZE=x
-OO    : -O, and leave docstrings out as well
-P     : put nothing unsafe in front of sys.path; also PYTHONSAFEPATH
-q     : no banner at the interactive start
-s     : leave the user's site directory out; also PYTHONNOUSERSITE=x
-S     : do not import 'site' at the start
-u     : standard output and error are not buffered; also PYTHONUNBUFFERED=x
-v     : trace imports; also PYTHONVERBOSE=x
-V     : print the version and exit (also --version; twice: say more)
-W arg : what to do with warnings: action:message:category:module:lineno
         also PYTHONWARNINGS=arg
-x     : skip the first line of the source
-X opt : set an implementation's own option (see --help-xoptions)
--check-hash-based-pycs always|default|never:
         how .pyc files that carry a hash of their source are checked
--help-env: the environment variables
--help-xoptions: the -X options
--help-all: all of this

Arguments:
file   : the program, a file
-      : the program comes from standard input (the default; interactive at a
         terminal)
arg ...: arguments, in sys.argv[1:]
";

pub const ENVIRONMENT: &str = "\
Environment variables that change behaviour:
PYTHONSTARTUP   : file that runs at an interactive start
PYTHONPATH      : ':'-separated folders in front of the module search path
PYTHONPYCACHEPREFIX: root of a folder tree for .pyc files
PYTHONWARNINGS  : warning filters (-W)
PYTHONHASHSEED  : 'random' or a number that seeds the hashes of str and bytes
PYTHONINTMAXSTRDIGITS: limit of digits between int and str (-X int_max_str_digits)
PYTHONIOENCODING: encoding[:errors] of the standard streams
PYTHONUTF8      : UTF-8 mode (-X utf8)
PYTHONDEVMODE   : development mode (-X dev)
PYTHONWARNDEFAULTENCODING: warn of the default encoding (-X warn_default_encoding)
PYTHON_COLORS   : 1 or 0: colours in tracebacks or not
PYTHON_BASIC_REPL: use the plain interactive prompt
PYTHON_HISTORY  : where the interactive history is kept
PYTHONDEBUG, PYTHONDONTWRITEBYTECODE, PYTHONINSPECT, PYTHONNOUSERSITE,
PYTHONOPTIMIZE, PYTHONSAFEPATH, PYTHONUNBUFFERED, PYTHONVERBOSE:
                  as the options of the same meaning (-d -B -i -s -O -P -u -v)
";

pub const X_OPTIONS: &str = "\
Implementation's own options (-X):
-X dev : development mode: more checks at run time, warnings shown
-X int_max_str_digits=N: limit of digits between int and str (0: none)
-X no_debug_ranges: accepted
-X pycache_prefix=PATH: root of a folder tree for .pyc files
-X utf8[=0|1]: UTF-8 mode
-X warn_default_encoding: warn of the default encoding
";

/// The first lines.
pub fn usage_line(program: &str) -> String {
    format!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\n")
}
