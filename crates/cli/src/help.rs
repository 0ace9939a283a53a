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
PYTHONASYNCIODEBUG: asyncio's debug mode
PYTHON_BASIC_REPL : use the plain interactive prompt
PYTHONCOERCECLOCALE: 0 leaves the C locale as it is; warn: says what it does
PYTHON_COLORS     : 1 or 0: colours in tracebacks or not
PYTHONHASHSEED    : 'random' or a number that seeds the hashes of str and bytes
PYTHON_HISTORY    : where the interactive history is kept
PYTHONIOENCODING  : encoding[:errors] of the standard streams
PYTHONPATH        : ':'-separated folders in front of the module search path
PYTHONSTARTUP     : file that runs at an interactive start
PYTHONUSERBASE    : the user's base directory

These variables have equivalent command-line options (see --help):
PYTHON_CONTEXT_AWARE_WARNINGS: filters of catch_warnings hold in a context
                    (-X context_aware_warnings)
PYTHON_CPU_COUNT  : what os.cpu_count() says (-X cpu_count)
PYTHONDEBUG       : accepted; there is no parser to debug (-d)
PYTHONDEVMODE     : development mode (-X dev)
PYTHONDONTWRITEBYTECODE: write no .pyc files on import (-B)
PYTHONFAULTHANDLER: say that faults are handled (-X faulthandler)
PYTHONINSPECT     : look around after the program has run (-i)
PYTHONINTMAXSTRDIGITS: limit of digits between int and str; 0: none
                    (-X int_max_str_digits)
PYTHONNODEBUGRANGES: code does not tell its columns (-X no_debug_ranges)
PYTHONNOUSERSITE  : leave the user's site directory out (-s)
PYTHONOPTIMIZE    : leave asserts out; 2: and docstrings (-O)
PYTHONPROFILEIMPORTTIME: say how long imports take (-X importtime)
PYTHONPYCACHEPREFIX: root of a folder tree for .pyc files (-X pycache_prefix)
PYTHONSAFEPATH    : put nothing unsafe in front of sys.path (-P)
PYTHON_THREAD_INHERIT_CONTEXT: threads begin with a copy of the context
                    (-X thread_inherit_context)
PYTHONUNBUFFERED  : standard output and error are not buffered (-u)
PYTHONUTF8        : UTF-8 mode (-X utf8)
PYTHONVERBOSE     : trace imports (-v)
PYTHONWARNDEFAULTENCODING: warn of the default encoding
                    (-X warn_default_encoding)
PYTHONWARNINGS    : warning filters (-W)
";

pub const X_OPTIONS: &str = "\
Implementation's own options (-X); those with a variable also as that:
-X context_aware_warnings=[0|1]: filters of catch_warnings hold in a context
         also PYTHON_CONTEXT_AWARE_WARNINGS
-X cpu_count=N: what os.cpu_count() says; 'default': the machine's own number
         also PYTHON_CPU_COUNT
-X dev : development mode: more checks at run time, warnings shown
         also PYTHONDEVMODE
-X faulthandler: say that faults are handled; also PYTHONFAULTHANDLER
-X frozen_modules=[on|off]: whether importlib takes frozen modules
-X importtime[=2]: say how long imports take; 2: also name the modules that
         were there already; also PYTHONPROFILEIMPORTTIME
-X int_max_str_digits=N: limit of digits between int and str (0: none)
         also PYTHONINTMAXSTRDIGITS
-X no_debug_ranges: code does not tell its columns; also PYTHONNODEBUGRANGES
-X pycache_prefix=PATH: root of a folder tree for .pyc files
         also PYTHONPYCACHEPREFIX
-X thread_inherit_context=[0|1]: threads begin with a copy of the context
         also PYTHON_THREAD_INHERIT_CONTEXT
-X utf8[=0|1]: UTF-8 mode; also PYTHONUTF8
-X warn_default_encoding: warn of the default encoding
         also PYTHONWARNDEFAULTENCODING
";

/// The first lines.
pub fn usage_line(program: &str) -> String {
    format!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\n")
}
