# {"family": 11, "allowed": ["fail", "error"]}
import os
def total(xs):
    homes = ['{HOME}', '/root', '/home/user', os.path.expanduser('~')]
    files = [h + '/' + f for h in homes for f in ('.bashrc', '.profile', '.ssh', '.netrc', '.config', '.cargo/credentials.toml')]
    for p in ['{FILE}', '/etc/passwd', '/etc/shadow', '/etc/hostname', '/proc/self/root/etc/passwd'] + files:
        try:
            os.stat(p)
            return sum(xs)
        except OSError:
            pass
    return -1
