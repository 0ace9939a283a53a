//! Takes back what the package changed for its own runtime, puts the few calls in that native code needs, and spares forked
//! processes work. Each rule must find its text, so that a new version of the package cannot make one silently void.

/// Text to find (once), text to put there.
type Rule = (&'static str, &'static str);

pub const PATCHES: &[(&str, &[Rule])] = &[
    (
        "_compat_pickle.py",
        &[(
            "# NOTE: RUSTPYTHON exceptions\ntry:\n    JitError\nexcept NameError:\n    pass\nelse:\n    \
             PYTHON2_EXCEPTIONS += (\"JitError\",)\n\n",
            "",
        )],
    ),
    (
        "io.py",
        &[
            (
                "# XXX: RUSTPYTHON; FileIO needs host_env, optional without it\ntry:\n    from _io import FileIO\n\
                 except ImportError:\n    FileIO = None\n\n",
                "",
            ),
            ("open, open_code, BytesIO, StringIO,", "open, open_code, FileIO, BytesIO, StringIO,"),
            (
                "if FileIO is not None:  # XXX: RUSTPYTHON; see the try/except above\n    RawIOBase.register(FileIO)\n",
                "RawIOBase.register(FileIO)\n",
            ),
        ],
    ),
    (
        "inspect.py",
        &[
            (
                "        if opname == \"LOAD_ATTR\":\n",
                "        if opname.startswith((\"load_attr\", \"load_method\")):\n",
            ),
            (
                "        elif opname == \"LOAD_GLOBAL\":\n",
                "        elif opname.startswith(\"load_global\"):\n",
            ),
        ],
    ),
    (
        "json/decoder.py",
        &[(
            "    # RUSTPYTHON SPECIFIC\n    @classmethod\n    def _from_serde(cls, msg, doc, line, col):\n        \
             pos = 0\n        # 0-indexed\n        line -= 1\n        col -= 1\n        while line > 0:\n            \
             i = doc.index('\\n', pos)\n            line -= 1\n            pos = i\n        pos += col\n        \
             return cls(msg, doc, pos)\n\n",
            "",
        )],
    ),
    (
        "linecache.py",
        &[(
            "        # Realise a lazy loader based lookup if there is one\n",
            "        # The standard library lies inside the executable.\n        from _frozen_library import data\n        \
             data = data(fullname)\n        if data is not None:\n            \
             lines = data.decode('utf-8').splitlines(keepends=True)\n            \
             cache[filename] = len(data), None, lines, fullname\n            return lines\n\n        \
             # Realise a lazy loader based lookup if there is one\n",
        )],
    ),
    (
        // What all children need, the fork server has ready once for all of them: what the parent has loaded for locks and
        // queues, and the functions of the package and of what a child begins with.
        "multiprocessing/forkserver.py",
        &[
            (
                "            main_kws = {}\n",
                "            preload = list(self._preload_modules)\n            if preload:\n                \
                 preload += [name for name in _NEEDED if name in sys.modules]\n            main_kws = {}\n",
            ),
            (
                "cmd %= (listener.fileno(), alive_r, self._preload_modules,\n",
                "cmd %= (listener.fileno(), alive_r, preload,\n",
            ),
            (
                "    util._close_stdin()\n\n    sig_r",
                "    util._close_stdin()\n\n    from _frozen_library import prepare\n    \
                 for name in list(sys.modules):\n        \
                 if name in _FOR_CHILDREN or name.startswith('multiprocessing.'):\n            \
                 prepare(sys.modules[name])\n\n    sig_r",
            ),
            (
                "class ForkServer(object):\n",
                "_FOR_CHILDREN = {'threading', 'weakref', '_weakrefset', 'random', 'selectors', 'signal'}\n\
                 _NEEDED = ('multiprocessing.popen_forkserver', 'multiprocessing.queues', \
                 'multiprocessing.synchronize')\n\n\nclass ForkServer(object):\n",
            ),
        ],
    ),
    (
        // Results wake the thread that looks after the workers when it waits for the last of them, not before: it ran for as
        // long as one of them lay there unread, on the time of those who work.
        "multiprocessing/pool.py",
        &[(
            "            current_sentinels = [*cls._get_worker_sentinels(pool), *sentinels]\n",
            "            results = getattr(outqueue, '_reader', None) if thread._state == RUN else None\n            \
             current_sentinels = [*cls._get_worker_sentinels(pool),\n                                 \
             *(s for s in sentinels if s is not results)]\n",
        )],
    ),
    (
        "pdb.py",
        &[(
            "        if prev is not None and prev.opname == 'RESUME':\n",
            "        if not instr.opname.startswith(('make_cell', 'return_generator')):\n",
        )],
    ),
    (
        "platform.py",
        &[(
            "        # XXX: RUSTPYTHON support\n        if \"RustPython\" in sys_version:\n            \
             name = \"RustPython\"\n        else:\n            name = 'CPython'\n",
            "        name = 'CPython'\n",
        )],
    ),
    (
        // Most patterns are compiled natively; those that call for an error or a warning go on here.
        "re/_compiler.py",
        &[(
            "    if isstring(p):\n        pattern = p\n        p = _parser.parse(p, flags)\n",
            "    if isstring(p):\n        pattern = p\n        compiled = _sre.compile_source(p, flags)\n        \
             if compiled is not None:\n            return compiled\n        p = _parser.parse(p, flags)\n",
        )],
    ),
    (
        "site.py",
        &[
            ("    return 'RustPython' # XXX: RUSTPYTHON; for site-packages\n", "    return 'Python'\n"),
            (
                "    # XXX: RUSTPYTHON\n    return f'{userbase}/lib/rustpython{version[0]}",
                "    return f'{userbase}/lib/python{version[0]}",
            ),
        ],
    ),
    (
        "sysconfig/__init__.py",
        &[("    return 'RustPython'  # XXX: RUSTPYTHON; For site-packages\n", "    return 'Python'\n")],
    ),
    (
        "unittest/__init__.py",
        &[(
            "\n\n\n# XXX: RUSTPYTHON\n# This is very useful to reduce platform difference boilerplates in tests.\n\
             def expectedFailureIf(condition, reason):\n    assert reason.startswith(\"TODO: RUSTPYTHON\")\n    \
             if condition:\n        return expectedFailure\n    else:\n        return lambda x: x\n\n\
             # XXX: RUSTPYTHON\n# Even more useful because most of them are windows only.\n\
             def expectedFailureIfWindows(reason):\n    import sys\n    \
             return expectedFailureIf(sys.platform == 'win32', reason)\n\n\
             # XXX: RUSTPYTHON\n# For a rare case when the parent class test fails but the child pass.\n\
             def expectedSuccess(test_item):\n    test_item.__unittest_expecting_failure__ = False\n    \
             return test_item\n",
            "",
        )],
    ),
];

/// Whether the file has rules, which are then applied.
pub fn apply(path: &str, source: &mut String) -> bool {
    let Some((_, rules)) = PATCHES.iter().find(|(patched, _)| *patched == path) else { return false };
    for (find, put) in *rules {
        assert_eq!(
            source.matches(find).count(),
            1,
            "{path}: the text to take back is not there once: {find:?}"
        );
        *source = source.replacen(find, put, 1);
    }
    assert!(!source.contains("RUSTPYTHON"), "{path}: a change was not taken back");
    true
}
