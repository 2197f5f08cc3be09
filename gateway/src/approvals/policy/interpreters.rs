//! Programs that run other programs, or code that they are given: what such a one does is decided by more than its
//! arguments.

use super::ExecCase;

/// Returns the name under which a command is such a program, by its file or by what it was called as.
pub(super) fn named(what: &ExecCase<'_>) -> Option<String> {
    let file = what.program.to_string_lossy();
    let called = what.argv.first().map(String::as_str).unwrap_or_default();
    [file.as_ref(), called].into_iter().find_map(known)
}

/// Returns the plain name of a path's program if it is one of these: without folder, ending and version.
fn known(path: &str) -> Option<String> {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_lowercase();
    let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    // `python3.12`, `python3.12-config`, `x86_64-linux-gnu-python3`, `bash-5.2`, `perl5.36.0`, `.python-wrapped`
    let parts = name.split(['-', '_', '+', '@', ' ', '.']);
    let bare = parts.map(|part| part.trim_end_matches(|c: char| c.is_ascii_digit()));
    let whole = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '_'));
    [name, whole].into_iter().chain(bare).find(|part| PROGRAMS.binary_search(part).is_ok()).map(str::to_owned)
}

const ENDINGS: [&str; 4] = [".exe", ".cmd", ".bat", ".com"];

/// Sorted, so that it can be searched.
#[rustfmt::skip]
const PROGRAMS: [&str; 181] = [
    "ant", "ash", "at", "awk", "bash", "batch", "bazel", "bun", "bundle", "bunx", "busybox",
    "bwrap", "cargo", "chroot", "chrt", "clisp", "cmake", "cmd", "command", "crontab", "cscript",
    "csh", "dash", "dbus-run-session", "deno", "direnv", "doas", "docker", "dotnet", "ed", "elixir",
    "elvish", "emacs", "entr", "env", "erl", "escript", "eval", "ex", "exec", "expect", "fd",
    "find", "firejail", "fish", "flock", "gawk", "gdb", "gem", "ghci", "git-shell", "gjs", "gmake",
    "go", "gradle", "groovy", "gsed", "guile", "iex", "ionice", "ipython", "irb", "java", "javac",
    "jruby", "jshell", "julia", "just", "kotlin", "ksh", "kubectl", "ld", "ld-linux", "lldb",
    "ltrace", "lua", "luajit", "make", "mawk", "meson", "mix", "mksh", "mosh", "mshta", "musl",
    "mvn", "mysql", "nano", "nawk", "nerdctl", "nice", "ninja", "nix", "nix-shell", "node",
    "nodejs", "nohup", "npm", "npx", "nsenter", "nu", "nvim", "ocaml", "osascript", "parallel",
    "perf", "perl", "php", "pip", "pipx", "pkexec", "pnpm", "podman", "poetry", "powershell",
    "psql", "pwsh", "pypy", "python", "pythonw", "qemu", "r", "racket", "rake", "raku", "rbash",
    "rc", "regsvr", "rscript", "ruby", "run-parts", "rundll", "runghc", "runhaskell", "runuser",
    "sbcl", "scala", "screen", "script", "sed", "setsid", "sh", "source", "sqlite", "ssh",
    "sshpass", "start-stop-daemon", "stdbuf", "strace", "su", "sudo", "swift", "systemd-run",
    "taskset", "tclkit", "tclsh", "tcsh", "time", "timeout", "tmux", "toybox", "tsx", "unbuffer",
    "unshare", "uv", "uvx", "valgrind", "vi", "view", "vim", "watch", "wine", "wish", "wscript",
    "wsl", "xargs", "xonsh", "xvfb-run", "yarn", "yash", "zsh",
];

#[cfg(test)]
pub(super) fn all() -> &'static [&'static str] {
    &PROGRAMS
}
