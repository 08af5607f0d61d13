"""What a model's code may try. Each is Python that comes to its end where it gets through, and raises where it is held.

`{lake}` is a folder of the house with a file `secret.txt`, `{house}` the number of a process of the house, `{port}` a port that it
listens on."""

from __future__ import annotations

LIBC = "import ctypes; libc = ctypes.CDLL(None, use_errno=True)\n"


def call(name: str, x86: int, arm: int, *arguments: str) -> str:
    """A system call by its number: no library is between it and the kernel."""
    given = ", ".join(f"ctypes.c_long({one})" if one.lstrip("-").isdigit() else one for one in arguments)
    return f"{LIBC}import os, platform\nnumber = {x86} if platform.machine() == 'x86_64' else {arm}\nif libc.syscall(number{', ' + given if given else ''}) < 0: raise OSError(ctypes.get_errno(), '{name}')"


FILES = {
    "a file of the system": "open('/etc/passwd').read()",
    "a file of the house": "open('{lake}/secret.txt').read()",
    "a folder of the house": "import os; os.listdir('{lake}')",
    "the root folder": "import os; os.listdir('/')",
    "a walk": "import os; assert [f for _, _, fs in os.walk('{lake}') for f in fs], OSError('nothing')" ,
    "pandas reads": "pd.read_csv('{lake}/secret.txt')",
    "pandas reads an address": "pd.read_csv('file://{lake}/secret.txt')",
    "numpy reads": "np.fromfile('{lake}/secret.txt', dtype='u1')",
    "numpy maps": "np.memmap('{lake}/secret.txt', dtype='u1', mode='r')",
    "arrow reads": "import pyarrow; pyarrow.OSFile('{lake}/secret.txt').read()",
    "arrow's file system": "from pyarrow import fs; fs.LocalFileSystem().open_input_file('{lake}/secret.txt').read()",
    "sqlite": "import sqlite3; sqlite3.connect('{lake}/new.db').execute('CREATE TABLE t (a)')",
    "a descriptor past Python": LIBC + "fd = libc.open(b'{lake}/secret.txt', 0)\nif fd < 0: raise OSError(ctypes.get_errno(), 'open')",
    "openat2": call("openat2", 437, 437, "-100", "b'{lake}/secret.txt'", "ctypes.create_string_buffer(24)", "24"),
    "a path alone": "import os; os.open('/proc/self/root/etc/passwd', os.O_RDONLY)",
    "the upper folder": "open('../../../../../../etc/passwd').read()",
    "a new file": "open('{lake}/new.txt', 'w').write('x')",
    "a new file in /tmp": "import os, tempfile; tempfile.NamedTemporaryFile(dir='/tmp').write(b'x')",
    "a new file in memory": "open('/dev/shm/boathouse-x', 'w').write('x')",
    "a new folder": "import os; os.mkdir('{lake}/folder')",
    "pandas writes": "pd.DataFrame({{'a': [1]}}).to_csv('{lake}/new.csv')",
    "a file is cut": "import os; os.truncate('{lake}/secret.txt', 0)",
    "a file is removed": "import os; os.remove('{lake}/secret.txt')",
    "a file is renamed": "import os; os.rename('{lake}/secret.txt', '{lake}/other.txt')",
    "a link": "import os; os.symlink('/etc/passwd', '{lake}/link')",
    "a hard link": "import os; os.link('{lake}/secret.txt', '{lake}/link')",
    "other rights": "import os; os.chmod('{lake}/secret.txt', 0o777)",
    "a pipe with a name": "import os; os.mkfifo('{lake}/pipe')",
    "a file in no folder": call("memfd_create", 319, 279, "b'x'", "0"),
    "a library of one's own": "import ctypes, shutil; shutil.copy('/bin/true', '{lake}/own.so')",
}  # fmt: skip
SECRETS = {
    "its environment": "open('/proc/self/environ').read()",
    "its memory map": "open('/proc/self/maps').read()",
    "its memory": "open('/proc/self/mem', 'rb')",
    "the house's environment": "open('/proc/{house}/environ').read()",
    "the house's command": "open('/proc/{house}/cmdline').read()",
    "the house's files": "import os; os.listdir('/proc/{house}/fd')",
    "the mounts": "open('/proc/mounts').read()",
    "devices": "import os; os.listdir('/dev')",
    "the kernel's settings": "import os; os.listdir('/sys')",
    "the house's memory": LIBC + "if libc.process_vm_readv({house}, ctypes.create_string_buffer(16), 0, ctypes.create_string_buffer(16), 0, 0) < 0: raise OSError(ctypes.get_errno(), 'x')",
    "a tracer": call("ptrace", 101, 117, "16", "{house}", "0", "0"),
    "the house's descriptors": "import os\nfd = os.pidfd_open({house})",
    "keys of the kernel": call("add_key", 248, 217, "b'user'", "b'x'", "b'y'", "1", "-2"),
}  # fmt: skip
NETWORK = {
    "TCP": "import socket; socket.create_connection(('127.0.0.1', {port}), 3)",
    "TCP past Python": LIBC + "if libc.socket(2, 1, 0) < 0: raise OSError(ctypes.get_errno(), 'socket')",
    "TCP over IPv6": "import socket; socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
    "UDP": "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
    "a unix socket": "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
    "an abstract one": "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind('\\0boathouse-x')",
    "a pair": "import socket; socket.socketpair()",
    "netlink": "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)",
    "a name": "import socket; socket.getaddrinfo('localhost', 80)[0]; socket.create_server(('127.0.0.1', 0))",
    "a server": "import socket; socket.create_server(('127.0.0.1', 0))",
    "urllib": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/', timeout=3).read()",
    "requests": "import requests; requests.get('http://127.0.0.1:{port}/', timeout=3)",
    "asyncio": "import asyncio; asyncio.run(asyncio.sleep(0))",
    "io_uring": call("io_uring_setup", 425, 425, "1", "ctypes.create_string_buffer(120)"),
}  # fmt: skip
PROCESSES = {
    "fork": "import os\nif os.fork() == 0: os._exit(0)",
    "a fork bomb": "import os\nfor _ in range(50):\n    if os.fork() == 0: os._exit(0)",
    "fork past Python": LIBC + "import os\npid = libc.fork()\nif pid == 0: os._exit(0)\nif pid < 0: raise OSError(ctypes.get_errno(), 'fork')",
    "a command": "import subprocess; subprocess.run(['/bin/true'], check=True)",
    "a shell": "import os\nif os.system('true'): raise OSError('no shell')",
    "posix_spawn": "import os; os.posix_spawn('/bin/true', ['true'], {{}})",
    "a thread": "import threading; t = threading.Thread(target=print); t.start(); t.join()",
    "a pool": "from concurrent.futures import ThreadPoolExecutor; ThreadPoolExecutor(1).submit(int).result(3)",
    "multiprocessing": "import multiprocessing; p = multiprocessing.get_context('fork').Process(target=int); p.start(); p.join()",
    "a namespace": call("unshare", 272, 97, "0"),
    "another root": "import os; os.chroot('/')",
    "another user": "import os; os.setuid(os.getuid())",
    "another session": call("getsid", 124, 156, "0"),
    "higher priority": "import os; os.nice(0)",
    "other processors": "import os; os.sched_setaffinity(0, os.sched_getaffinity(0))",
    "higher limits": "import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    "the house's limits": "import resource; resource.prlimit({house}, resource.RLIMIT_CORE)",
    "another filter": call("prctl", 157, 167, "22", "0", "0", "0", "0"),
    "shared memory": call("shmget", 29, 194, "0", "4096", "950"),
}  # fmt: skip
SIGNALS = {
    "an end to the house": "import os; os.kill({house}, 0)",
    "an end to everybody": call("kill", 62, 129, "{house}", "0"),
    "an end to its keeper": "import os; os.kill(os.getppid(), 0)",
    "an end to its group": "import os; os.killpg(os.getpgid(0), 0)",
    "a signal to a thread": call("tgkill", 234, 131, "{house}", "{house}", "0"),
    "a signal by a descriptor": "import fcntl, os; fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())",
    "a signal by asking": "import fcntl; fcntl.fcntl(0, fcntl.F_SETSIG, 9)",
    "a terminal's input": "import fcntl, struct; fcntl.ioctl(0, 0x5401, bytes(60))",
    "a timer": "import signal; signal.setitimer(signal.ITIMER_REAL, 100)",
}  # fmt: skip
HELD = {**FILES, **SECRETS, **NETWORK, **PROCESSES, **SIGNALS}

# these do not raise in time, or end their own process; what counts is that nobody else notices
ENDLESS = {
    "an endless loop": "while True: pass",
    "one that catches all": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "a long sleep": "import time; time.sleep(10**6)",
    "one that ignores signals": "import signal\nfor n in (1, 2, 3, 10, 12, 14, 15, 24): signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
    "a slow regular expression": "import re; re.match(r'(a+)+$', 'a' * 64 + 'b')",
    "a large power": "x = 9 ** (9 ** 9 ** 9)",
    "a drip": "import os, struct, time\nos.write({wall}, struct.pack('!II', 1000, 0))\nwhile True: os.write({wall}, b' '); time.sleep(0.2)",
    "half a frame": "import os, struct, time\nos.write({wall}, struct.pack('!II', 1000, 0) + b'{{')\ntime.sleep(10**6)",
    "no listening": "import os, struct, json, time\nq = json.dumps({{'sql': 'SELECT range AS n FROM range(90000)'}}).encode()\nfor _ in range(19): os.write({wall}, struct.pack('!II', len(q), 0) + q)\ntime.sleep(10**6)",
}  # fmt: skip
BABBLE = {
    "a frame of gigabytes": "import os, struct; os.write({wall}, struct.pack('!II', 2**31, 2**31))",
    "noise": "import os; os.write({wall}, os.urandom(4096))",
    "a pickle": "import os, pickle, struct\np = pickle.dumps({{'sql': 'SELECT 1'}})\nos.write({wall}, struct.pack('!II', len(p), 0) + p)",
    "a table of objects": "import os, json, struct\np = json.dumps({{'made': 'number', 'columns': [], 'rows': [[{{}}] * 500] * 5000}}).encode()\nexecute_sql_query('FROM orders')\nd = memoryview(struct.pack('!II', len(p), 0) + p)\nwhile d: d = d[os.write({wall}, d):]",
    "a list": "import os, struct; os.write({wall}, struct.pack('!II', 2, 0) + b'[]')",
    "deep nesting": "import os, struct\np = b'[' * 100000\nos.write({wall}, struct.pack('!II', len(p), 0) + p)",
    "a number of a million digits": "import os, struct\np = b'9' * 1000000\nos.write({wall}, struct.pack('!II', len(p), 0) + p)",
    "another kind of answer": "import os, struct\np = b'{{\"approved\": true}}'\nos.write({wall}, struct.pack('!II', len(p), 0) + p)",
    "an answer with a lie": "import os, struct\np = b'{{\"made\": \"number\", \"columns\": [{{\"name\": \"a\", \"kind\": \"integer\"}}], \"rows\": [[\"<script>\"]]}}'\nexecute_sql_query('FROM orders')\nos.write({wall}, struct.pack('!II', len(p), 0) + p)",
    "no more memory": "x = bytearray(64 << 30)\n",
    "memory by and by": "x = []\nwhile True: x.append(bytearray(1 << 20))",
    "memory past Python": LIBC + "libc.malloc.restype = ctypes.c_void_p\nfor _ in range(100):\n    p = libc.malloc(1 << 28)\n    if not p: raise MemoryError\n    ctypes.memset(p, 1, 1 << 28)",
    "no end of depth": "import sys; sys.setrecursionlimit(10**9)\ndef f(): return f()\nf()",
    "a crash": "import ctypes; ctypes.string_at(0)",
    "an exit": "import os; os._exit(0)",
    "a million rows": "result = {{'type': 'dataframe', 'value': pd.DataFrame({{'a': np.arange(10**6)}})}}",
    "a text of 100 MB": "execute_sql_query('FROM orders')\nresult = {{'type': 'dataframe', 'value': pd.DataFrame({{f'c{{n}}': ['x' * 2000] * 1000 for n in range(60)}})}}",
    "a closed wall": "import os; os.close({wall})",
}  # fmt: skip
