//! The system-call filters: an allow-list for everything, a smaller one for programs that only compute.

use libc::c_long;
use seccompiler::sock_filter;

use super::Filter;

mod calls;

use calls::{COMMON, GENERAL};
#[cfg(target_arch = "x86_64")]
use calls::{COMMON_X86, GENERAL_X86};

const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_SET: u16 = 0x45;
const AND: u16 = 0x54;
const RETURN: u16 = 0x06;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const KILL: u32 = libc::SECCOMP_RET_KILL_PROCESS;
const ERRNO: u32 = libc::SECCOMP_RET_ERRNO;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

/// One line of a filter.
enum Rule {
    /// Always this action.
    Always(c_long, u32),
    /// Allowed when the argument, masked, has this value; else this action.
    Masked { number: c_long, argument: u32, mask: u32, value: u32, otherwise: u32 },
    /// Allowed when the argument is one of these; else this action.
    OneOf { number: c_long, argument: u32, values: &'static [u32], otherwise: u32 },
}

fn op(code: u16, jt: u8, jf: u8, k: u32) -> sock_filter {
    sock_filter { code, jt, jf, k }
}

fn small(number: c_long) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn assemble(rules: &[Rule], default: u32) -> Vec<sock_filter> {
    let mut code =
        vec![op(LOAD, 0, 0, 4), op(JUMP_EQUAL, 1, 0, ARCHITECTURE), op(RETURN, 0, 0, KILL), op(LOAD, 0, 0, 0)];
    #[cfg(target_arch = "x86_64")]
    // the x32 numbers are another door to the same calls
    code.extend([op(JUMP_SET, 0, 1, 0x4000_0000), op(RETURN, 0, 0, KILL)]);
    for rule in rules {
        match *rule {
            Rule::Always(number, action) => {
                code.extend([op(JUMP_EQUAL, 0, 1, small(number)), op(RETURN, 0, 0, action)]);
            }
            Rule::Masked { number, argument, mask, value, otherwise } => code.extend([
                op(JUMP_EQUAL, 0, 5, small(number)),
                op(LOAD, 0, 0, 16 + 8 * argument),
                op(AND, 0, 0, mask),
                op(JUMP_EQUAL, 0, 1, value),
                op(RETURN, 0, 0, ALLOW),
                op(RETURN, 0, 0, otherwise),
            ]),
            Rule::OneOf { number, argument, values, otherwise } => {
                let length = u8::try_from(2 * values.len() + 2).unwrap_or(u8::MAX);
                code.extend([op(JUMP_EQUAL, 0, length, small(number)), op(LOAD, 0, 0, 16 + 8 * argument)]);
                for value in values {
                    code.extend([op(JUMP_EQUAL, 0, 1, *value), op(RETURN, 0, 0, ALLOW)]);
                }
                code.push(op(RETURN, 0, 0, otherwise));
            }
        }
    }
    code.push(op(RETURN, 0, 0, default));
    code
}

/// The filter of a whole sandbox.
pub(super) fn program(filter: Filter) -> Vec<sock_filter> {
    let refused = ERRNO | small(libc::EPERM.into());
    let absent = ERRNO | small(libc::ENOSYS.into());
    // glibc falls back to clone, whose flags a filter can read
    let mut rules = vec![Rule::Always(libc::SYS_clone3, absent)];
    #[cfg(target_arch = "x86_64")]
    rules.extend(COMMON_X86.iter().map(|n| Rule::Always(*n, ALLOW)));
    rules.extend(COMMON.iter().map(|n| Rule::Always(*n, ALLOW)));
    let default = match filter {
        Filter::Compute => KILL,
        Filter::General => refused,
    };
    rules.extend(guarded(default));
    match filter {
        Filter::Compute => {
            // numeric libraries ask where memory lies, and go on where nobody knows
            rules.extend(MEMORY_PLACEMENT.map(|n| Rule::Always(n, absent)));
            let writing = small((libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC | libc::O_APPEND).into())
                | (small(libc::O_TMPFILE.into()) & !small(libc::O_DIRECTORY.into()));
            rules.push(Rule::Masked {
                number: libc::SYS_openat,
                argument: 2,
                mask: writing,
                value: 0,
                otherwise: KILL,
            });
            #[cfg(target_arch = "x86_64")]
            rules.push(Rule::Masked { number: libc::SYS_open, argument: 1, mask: writing, value: 0, otherwise: KILL });
            // threads, and plain forks by the server; the children's own filter takes the forks away
            rules.push(Rule::Masked {
                number: libc::SYS_clone,
                argument: 0,
                mask: NAMESPACES,
                value: 0,
                otherwise: KILL,
            });
            rules.push(Rule::Masked {
                number: libc::SYS_prlimit64,
                argument: 0,
                mask: u32::MAX,
                value: 0,
                otherwise: KILL,
            });
        }
        Filter::General => {
            #[cfg(target_arch = "x86_64")]
            rules.extend(GENERAL_X86.iter().map(|n| Rule::Always(*n, ALLOW)));
            rules.extend(GENERAL.iter().map(|n| Rule::Always(*n, ALLOW)));
            rules.push(Rule::Masked {
                number: libc::SYS_clone,
                argument: 0,
                mask: NAMESPACES,
                value: 0,
                otherwise: refused,
            });
        }
    }
    assemble(&rules, default)
}

/// Where the pages of a process lie on machines with several memories.
const MEMORY_PLACEMENT: [c_long; 3] = [libc::SYS_mbind, libc::SYS_get_mempolicy, libc::SYS_set_mempolicy];

/// The second filter, of a computing child: no process, no program; as bytes, for the child to install.
pub(crate) fn child_filter() -> Vec<u8> {
    let thread = small(libc::CLONE_THREAD.into());
    let mut code = vec![op(LOAD, 0, 0, 0), op(JUMP_EQUAL, 0, 4, small(libc::SYS_clone)), op(LOAD, 0, 0, 16)];
    code.extend([op(JUMP_SET, 0, 1, thread), op(RETURN, 0, 0, ALLOW), op(RETURN, 0, 0, KILL)]);
    for number in [libc::SYS_execve, libc::SYS_execveat, libc::SYS_wait4, libc::SYS_pidfd_open] {
        code.extend([op(JUMP_EQUAL, 0, 1, small(number)), op(RETURN, 0, 0, KILL)]);
    }
    code.push(op(RETURN, 0, 0, ALLOW));
    let bytes = |i: &sock_filter| {
        let mut b = Vec::with_capacity(8);
        b.extend(i.code.to_ne_bytes());
        b.extend([i.jt, i.jf]);
        b.extend(i.k.to_ne_bytes());
        b
    };
    code.iter().flat_map(bytes).collect()
}

const NAMESPACES: u32 = 0x0200_0000 // cgroup
    | 0x0400_0000 // uts
    | 0x0800_0000 // ipc
    | 0x1000_0000 // user
    | 0x2000_0000 // pid
    | 0x4000_0000 // net
    | 0x0002_0000 // mount
    | 0x0000_0080 // time
    | 0x0000_8000 // a child of the caller's parent
    | 0x0000_2000; // traced

/// Calls whose arguments decide.
fn guarded(otherwise: u32) -> [Rule; 4] {
    let not_a_terminal = ERRNO | small(libc::ENOTTY.into());
    let refused = ERRNO | small(libc::EPERM.into());
    [
        // TCGETS, FIONBIO, FIONREAD, FIOCLEX, FIONCLEX, TIOCGWINSZ
        Rule::OneOf {
            number: libc::SYS_ioctl,
            argument: 1,
            values: &[0x5401, 0x5421, 0x541B, 0x5451, 0x5450, 0x5413],
            otherwise: not_a_terminal,
        },
        // dup, descriptor and status flags, locks, pipe sizes, dup with close-on-exec; not owners, signals or leases
        Rule::OneOf {
            number: libc::SYS_fcntl,
            argument: 1,
            values: &[0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1031, 1032],
            otherwise,
        },
        Rule::OneOf {
            number: libc::SYS_prctl,
            argument: 0,
            // death signal, dumpable, names, seccomp, capability bounds, timer slack, no-new-privileges, names of mappings
            values: &[1, 2, 3, 15, 16, 21, 22, 23, 29, 30, 38, 39, 0x5356_4d41],
            otherwise: refused,
        },
        // unix pairs only: asyncio needs one
        Rule::Masked { number: libc::SYS_socketpair, argument: 0, mask: u32::MAX, value: 1, otherwise },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a filter as the kernel does.
    fn decide(code: &[sock_filter], number: c_long, arguments: [u32; 6]) -> u32 {
        let (mut at, mut accumulator) = (0_usize, 0_u32);
        loop {
            let i = &code[at];
            at += 1;
            match i.code {
                LOAD => {
                    accumulator = match i.k {
                        0 => small(number),
                        4 => ARCHITECTURE,
                        k => arguments[(k as usize - 16) / 8],
                    }
                }
                AND => accumulator &= i.k,
                JUMP_EQUAL => at += usize::from(if accumulator == i.k { i.jt } else { i.jf }),
                JUMP_SET => at += usize::from(if accumulator & i.k == 0 { i.jf } else { i.jt }),
                RETURN => return i.k,
                other => panic!("unknown instruction {other}"),
            }
        }
    }

    #[test]
    fn a_computing_program_cannot_write_signal_or_connect() {
        let code = program(Filter::Compute);
        assert_eq!(decide(&code, libc::SYS_openat, [0; 6]), ALLOW);
        assert_eq!(decide(&code, libc::SYS_openat, [0, 0, 1, 0, 0, 0]), KILL);
        assert_eq!(decide(&code, libc::SYS_openat, [0, 0, small(libc::O_TMPFILE.into()), 0, 0, 0]), KILL);
        assert_eq!(decide(&code, libc::SYS_openat, [0, 0, small(libc::O_DIRECTORY.into()), 0, 0, 0]), ALLOW);
        for number in [libc::SYS_socket, libc::SYS_kill, libc::SYS_tgkill, libc::SYS_memfd_create, libc::SYS_mkdirat] {
            assert_eq!(decide(&code, number, [0; 6]), KILL, "system call {number}");
        }
        assert_eq!(decide(&code, libc::SYS_fcntl, [0, 8, 0, 0, 0, 0]), KILL, "F_SETOWN");
        assert_eq!(decide(&code, libc::SYS_prlimit64, [7, 0, 0, 0, 0, 0]), KILL);
        for number in [libc::SYS_clone3, libc::SYS_mbind] {
            assert_eq!(decide(&code, number, [0; 6]), ERRNO | small(libc::ENOSYS.into()), "system call {number}");
        }
    }

    #[test]
    fn no_program_gets_namespaces_or_tracing() {
        let code = program(Filter::General);
        let refused = ERRNO | small(libc::EPERM.into());
        for number in
            [libc::SYS_unshare, libc::SYS_setns, libc::SYS_ptrace, libc::SYS_mount, libc::SYS_bpf, libc::SYS_keyctl]
        {
            assert_eq!(decide(&code, number, [0; 6]), refused, "system call {number}");
        }
        assert_eq!(decide(&code, libc::SYS_clone, [small(libc::CLONE_NEWUSER.into()), 0, 0, 0, 0, 0]), refused);
        assert_eq!(decide(&code, libc::SYS_clone, [17, 0, 0, 0, 0, 0]), ALLOW);
        assert_eq!(decide(&code, libc::SYS_kill, [0; 6]), ALLOW);
        assert_eq!(decide(&code, libc::SYS_socket, [0; 6]), refused);
    }
}
