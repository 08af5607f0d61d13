"""A process locks itself down, for good, with the kernel's own means and no rights: limits on resources, namespaces, Landlock,
seccomp. Each layer must hold; what is forbidden is tried before any foreign code runs. Linux on x86-64 and ARM64.

landlock(7), seccomp(2), user_namespaces(7), setrlimit(2)."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import socket
import struct
import sysconfig

SECONDS = 30  # of the processor
_MEMORY = 1 << 30  # bytes, beyond what the process has when it is locked
_FILES = 64  # open at once

_libc = ctypes.CDLL(None, use_errno=True)
_MACHINES = ("x86_64", "aarch64")
_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # calls of x86-64's other ABI have numbers of their own
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_LANDLOCK = (444, 445, 446)  # create, add a rule, restrict

# All that may still be called, with its numbers on x86-64 and ARM64. Whatever is not here fails.
_CALLS = {
    # descriptors that are open, and files that Landlock lets it open
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67), "lseek": (8, 62),
    "close": (3, 57), "dup": (32, 23), "open": (2, None), "openat": (257, 56), "getdents64": (217, 61), "getcwd": (79, 17),
    "stat": (4, None), "lstat": (6, None), "fstat": (5, 80), "newfstatat": (262, 79), "statx": (332, 291), "access": (21, None),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, None), "readlinkat": (267, 78),
    # memory
    "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "brk": (12, 214), "madvise": (28, 233),
    # itself
    "getpid": (39, 172), "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176),
    "getegid": (108, 177), "getrusage": (98, 165), "times": (100, 153), "sched_getaffinity": (204, 123), "sched_yield": (24, 124),
    "exit": (60, 93), "exit_group": (231, 94), "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132), "futex": (202, 98), "restart_syscall": (219, 128),
    # time, chance, the machine's name
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "nanosleep": (35, 101),
    "gettimeofday": (96, 169), "time": (201, None), "getrandom": (318, 278), "uname": (63, 160), "sysinfo": (99, 179),
    "getcpu": (309, 168),
}  # fmt: skip
_FCNTL, _FLAGS = (72, 25), (1, 2, 3)  # F_GETFD, F_SETFD, F_GETFL: the others can have signals sent to other processes


class BrokenError(Exception):
    """A layer does not hold here."""


def lock(keep: int) -> None:
    """Locks this process, which has one thread, and leaves it the descriptor `keep`. Raises BrokenError naming the layer."""
    machine = platform.machine()
    if machine not in _MACHINES:
        raise BrokenError(f"it is not made for {machine}")
    os.chdir("/")
    os.closerange(3, keep)
    os.closerange(keep + 1, 1 << 16)
    _limits()
    _namespaces()
    _dies_with_its_parent()
    _files()
    _filter(machine)
    _try_what_is_forbidden()


def _limits() -> None:
    with open("/proc/self/statm") as told:
        used = int(told.read().split()[0]) * resource.getpagesize()
    for what, most in (
        (resource.RLIMIT_AS, used + _MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, _FILES), (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_MSGQUEUE, 0), (resource.RLIMIT_NPROC, 0),
    ):  # fmt: skip
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError) as error:
            raise BrokenError(f"a limit cannot be set: {error}") from error


def _namespaces() -> None:
    user, network, ipc = 0x10000000, 0x40000000, 0x08000000
    if _libc.unshare(user | network | ipc):
        raise BrokenError(f"a user and network namespace cannot be made: {_problem()}")


def _dies_with_its_parent() -> None:
    set_death_signal, set_dumpable = 1, 4
    if _libc.prctl(set_death_signal, 9, 0, 0, 0) or _libc.prctl(set_dumpable, 0, 0, 0, 0):
        raise BrokenError(f"it would outlive its parent, or could be looked into: {_problem()}")


def _files() -> None:
    """Landlock: Python's own libraries can be read, nothing else; no file can be written, no address bound or connected to."""
    create, add, restrict = _LANDLOCK
    version = _libc.syscall(create, None, 0, 1)
    if version < 3:  # an older one lets files be cut
        raise BrokenError(
            f"it needs the Landlock of Linux 6.2 or newer: {_problem() if version < 0 else f'this is version {version}'}"
        )
    files = (1 << 15) - 1 | (1 << 15 if version >= 5 else 0)
    rules = struct.pack("QQQ", files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    rules = rules[: 24 if version >= 6 else 16 if version >= 4 else 8]
    made = _libc.syscall(create, rules, len(rules), 0)
    if made < 0:
        raise BrokenError(f"Landlock cannot be set up: {_problem()}")
    read_file, read_folder = 1 << 2, 1 << 3
    for path in _libraries():
        with contextlib.suppress(FileNotFoundError):
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
            if _libc.syscall(add, made, 1, struct.pack("=Qi", read_file | read_folder, opened), 0):
                raise BrokenError(f"Landlock cannot be set up: {_problem()}")
            os.close(opened)
    _no_new_privileges()
    if _libc.syscall(restrict, made, 0):
        raise BrokenError(f"Landlock does not hold: {_problem()}")
    os.close(made)


def _libraries() -> set[str]:
    paths = sysconfig.get_paths()
    own = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return own | {"/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo"}


def _filter(machine: str) -> None:
    """seccomp: the calls of the list and no others."""
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, kill, refuse, unknown = 0x7FFF0000, 0x80000000, 0x00050000 | 1, 0x00050000 | 38

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    which = _MACHINES.index(machine)
    steps = [step(load, 4), step(equal, _AUDIT[machine], 1), step(give, kill), step(load, 0)]
    steps += [step(at_least, _X32, 0, 1), step(give, kill)]
    for numbers in _CALLS.values():
        if (number := numbers[which]) is not None:
            steps += [step(equal, number, 0, 1), step(give, allow)]
    steps += [step(equal, 435, 0, 1), step(give, unknown)]  # clone3: libraries fall back to what is refused
    steps += [step(equal, _FCNTL[which], 1), step(give, refuse), step(load, 24)]
    for command in _FLAGS:
        steps += [step(equal, command, 0, 1), step(give, allow)]
    steps += [step(give, refuse)]
    code = ctypes.create_string_buffer(b"".join(steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    _no_new_privileges()
    if _libc.syscall(_SECCOMP[machine], 1, 1, program):
        raise BrokenError(f"seccomp does not hold: {_problem()}")


def _no_new_privileges() -> None:
    if _libc.prctl(38, 1, 0, 0, 0):
        raise BrokenError(f"privileges cannot be given up: {_problem()}")


def _try_what_is_forbidden() -> None:
    for what, attempt in (
        ("a file can be read", lambda: os.open("/etc/passwd", os.O_RDONLY)),
        ("its memory can be opened", lambda: os.open("/proc/self/mem", os.O_RDONLY)),
        ("a file can be written", lambda: os.open("/tmp/boathouse-jail", os.O_WRONLY | os.O_CREAT)),
        ("a socket can be made", lambda: socket.socket(socket.AF_INET)),
        ("a process can be made", _fork),
        ("a program can be run", lambda: os.execv("/bin/true", ["true"])),
        ("a signal can be sent", lambda: os.kill(1, 0)),
    ):
        try:
            attempt()
        except OSError:
            continue
        raise BrokenError(what)


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _problem() -> str:
    return os.strerror(ctypes.get_errno())
