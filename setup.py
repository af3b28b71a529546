"""The build: the hot packages compiled by mypyc where that is possible, the same files interpreted elsewhere.

Rule 1: one source. A compiled module is a file that also runs interpreted; wheels ship the `.py` beside the extension.
Rule 2: `COMPILED` is one mypyc group, so that calls between its modules stay native.
Rule 3: without a working C compiler, with `QAIL_PURE=1`, or for an editable install (where an edited `.py` beside its
extension would be ignored) the build is interpreted, and prints a line that says why.

What is installed shows as `qail.IMPLEMENTATION`. Everything but the compiling is in pyproject.toml.
"""

from __future__ import annotations

import os
import re
import sys
import sysconfig
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any, Final

from setuptools import setup
from setuptools.command.build_ext import build_ext

COMPILED: Final = (
    "qail/pgtype.py",
    "qail/ast",
    "qail/compile",
    "qail/pg/wire",
    "qail/pg/codec",
    "qail/pg/protocol",
    "qail/pg/catalog.py",
    # The path of a query through the driver, up to the verbs. Those stay interpreted: Python warns of a coroutine
    # that was never awaited only where it is its own.
    "qail/pg/driver/answer.py",
    "qail/pg/driver/batch.py",
    "qail/pg/driver/bind.py",
    "qail/pg/driver/executor.py",
    "qail/pg/driver/front.py",
    "qail/pg/driver/link.py",
    "qail/pg/driver/results.py",
    "qail/pg/driver/segment.py",
    "qail/pg/driver/window.py",
    # The blocking way of a query. What waits for other threads, and for what is rare, stays interpreted.
    "qail/pg/sync/running.py",
    "qail/pg/sync/single.py",
    "qail/pg/sync/socket_transport.py",
    # Asked once for each statement or set of values.
    "qail/pg/steps/reset.py",
    "qail/pg/steps/sets.py",
)
INTERPRETED: Final = frozenset({"qail/ast/_truth.py"})
"""Files in compiled packages that stay interpreted: `_truth.py` gives a `bool()` that raises, to every node."""

OPT_LEVEL: Final = os.environ.get("QAIL_OPT_LEVEL", "2")
"""gcc's -O3 costs a quarter more time to build, and B13 and the decoding of rows showed no difference."""
BUILDING: Final = frozenset({"build", "build_ext", "bdist_wheel", "install"})
"""The commands that need extensions; the others (metadata, sdist) would only pay for generating C that nobody reads."""

OWN_SYMBOLS: Final = "-Wl,-Bsymbolic"
"""What is ours is ours alone: calls among our modules go straight there, and loading looks up none of 9,000 symbols."""

WEAK_REFERENCE_SLOT: Final = re.compile(
    r"^\s*(?:\.tp_weaklistoffset = .*|\{\"__weakref__\", T_OBJECT_EX, .*)\n", re.MULTILINE
)
GROUP_HEADERS: Final = """\
#include <Python.h>
#include <CPy.h>
#include "__native_qail_core.h"
#include "__native_internal_qail_core.h"
"""
MODULE_HEADERS: Final = "#include <Python.h>\n"
PROBE: Final = "#include <Python.h>\nint qail_probe(void) { return PY_MAJOR_VERSION; }\n"


class PrecompiledHeaders:
    """What nearly every C file of ours begins with, read by gcc once: mypyc's header of the whole group has 1.2 MB.

    The build takes a quarter less processor time. A compiler that cannot do it reads the same headers from their files.
    """

    def __init__(self, compiler: Any, folder: Path) -> None:
        self._compiler: Final = compiler
        self._folder: Final = folder
        self._lock: Final = Lock()
        self._made: Final[dict[str, list[str]]] = {}

    def arguments(self, source: str, options: dict[str, Any]) -> list[str]:
        """What the compiler is told ahead of `source`; nothing where it is not to begin with our headers."""
        if Path(source).name.startswith("__native_"):
            return self._including("group", GROUP_HEADERS, options)
        return self._including("module", MODULE_HEADERS, options) if source.startswith("build/qail/") else []

    def _including(self, name: str, headers: str, options: dict[str, Any]) -> list[str]:
        with self._lock:
            if name not in self._made:
                self._made[name] = self._make(name, headers, options)
            return self._made[name]

    def _make(self, name: str, headers: str, options: dict[str, Any]) -> list[str]:
        command = list(self._compiler.compiler_so)
        if "ccache" in command[0]:  # it keeps nothing of a file that begins with one
            return []
        self._folder.mkdir(parents=True, exist_ok=True)
        header = self._folder / f"{name}.h"
        header.write_text(headers)
        folders = [*self._compiler.include_dirs, *(options.get("include_dirs") or [])]
        command += [*(f"-I{folder}" for folder in folders), "-x", "c-header", str(header), "-o", f"{header}.gch"]
        try:
            self._compiler.spawn([*command, *(options.get("extra_postargs") or [])])
        except Exception as fault:  # whatever is wrong: it is no more than a slower build
            print(f"qail: no precompiled headers: {str(fault)[:120]}", flush=True)
            return []
        return ["-include", str(header)]


class ParallelBuildExt(build_ext):
    """`build_ext` side by side: the C files of one extension (our group is one large one), and the small extensions."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def build_extensions(self) -> None:
        compiler: Any = self.compiler
        workers = os.cpu_count() or 1
        headers = PrecompiledHeaders(compiler, Path(self.build_temp))

        def compile_one(source: str, options: dict[str, Any]) -> list[str]:
            more = [*(options.get("extra_postargs") or []), *headers.arguments(source, options)]
            return list(compile_files([source], **{**options, "extra_postargs": more}))

        def compile_side_by_side(sources: list[str], **options: Any) -> list[str]:
            with ThreadPoolExecutor(workers) as pool:
                jobs = [pool.submit(compile_one, source, options) for source in sources]
                return [name for job in jobs for name in job.result()]

        compile_files = compiler.compile
        compiler.compile = compile_side_by_side
        super().build_extensions()


def core_files() -> list[str]:
    """The files mypyc compiles, relative to this one. A package's `__init__.py` is a docstring: not worth a module."""
    here = Path(__file__).parent
    files: list[str] = []
    for entry in COMPILED:
        path = here / entry
        found = [path] if path.suffix == ".py" else path.rglob("*.py")
        files += [file.relative_to(here).as_posix() for file in found if file.name != "__init__.py"]
    return sorted(set(files) - INTERPRETED)


def why_interpreted() -> str:
    """Why this build compiles nothing; empty if it does."""
    if os.environ.get("QAIL_PURE", "") not in ("", "0"):
        return "QAIL_PURE is set"
    if "editable_wheel" in sys.argv or "develop" in sys.argv:
        return "an editable install runs from the edited files"
    if sys.implementation.name != "cpython":
        return f"mypyc compiles for CPython, this is {sys.implementation.name}"
    return compiler_fault()


def compiler_fault() -> str:
    """Compile a two-line file against Python.h; the reason if that does not work, else empty."""
    from setuptools._distutils.ccompiler import new_compiler
    from setuptools._distutils.sysconfig import customize_compiler

    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "probe.c")
        probe.write_text(PROBE)
        try:
            compiler = new_compiler()
            customize_compiler(compiler)
            compiler.compile([str(probe)], output_dir=folder, include_dirs=[sysconfig.get_path("include")])
        except Exception as fault:  # whatever is wrong with the compiler: the reason is printed, the build goes on
            return f"no working C compiler ({str(fault).splitlines()[0][:120]})"
    return ""


def extensions() -> list[Any]:
    """The extensions to build: none for an interpreted build."""
    reason = why_interpreted()
    if reason:
        print(f"qail: building the interpreted package: {reason}", flush=True)
        return []
    if not BUILDING.intersection(sys.argv):
        return []
    from mypyc.build import mypycify

    files = core_files()
    print(f"qail: compiling {len(files)} modules with mypyc, -O{OPT_LEVEL}", flush=True)
    # As `make check` sees them, but without a word about files that are only imported: their packages may not be here.
    options = ["--config-file=pyproject.toml", "--follow-imports=silent"]
    made = mypycify([*options, *files], opt_level=OPT_LEVEL, debug_level="0", multi_file=True, group_name="qail_core")
    drop_weak_references(Path("build"))
    if sys.platform == "linux":
        for extension in made:
            extension.extra_link_args.append(OWN_SYMBOLS)
    return made


def drop_weak_references(folder: Path) -> None:
    """Take the slot for weak references out of the generated C.

    mypyc 2.4 gives it to native classes with an interpreted base (every node has one) and does not clear it when the
    object dies, so that a weak reference would outlive it and crash. Without the slot `weakref.ref` is a TypeError.
    """
    for source in [*folder.rglob("*.c"), *folder.rglob("*.h")]:
        text = source.read_text()
        safe = WEAK_REFERENCE_SLOT.sub("", text)
        if safe != text:
            source.write_text(safe)


setup(ext_modules=extensions(), cmdclass={"build_ext": ParallelBuildExt})
