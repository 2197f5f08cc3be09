//! Builds the panel with npm and puts it where `door::panel` embeds it from. Without Node the gateway is built
//! all the same, with a page that says how to get the panel.

use std::path::Path;
use std::process::Command;

fn main() -> std::io::Result<()> {
    let out = Path::new(&std::env::var("OUT_DIR").unwrap_or_default()).join("panel");
    let web = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../web");
    for path in ["src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts"] {
        println!("cargo::rerun-if-changed={}", web.join(path).display());
    }
    println!("cargo::rerun-if-env-changed=LANDLINE_SKIP_PANEL");
    std::fs::create_dir_all(&out)?;
    if std::env::var_os("LANDLINE_SKIP_PANEL").is_none() && build(&web, &out) {
        return Ok(());
    }
    println!("cargo::warning=The panel was not built: install Node.js 20 or newer with npm and build again");
    std::fs::write(out.join("index.html"), WITHOUT_PANEL)
}

fn build(web: &Path, out: &Path) -> bool {
    let run = |arguments: &[&str]| {
        let status =
            Command::new("npm").args(arguments).current_dir(web).env("LANDLINE_PANEL_OUT", out).output();
        status.is_ok_and(|done| {
            if !done.status.success() {
                println!("cargo::warning={}", String::from_utf8_lossy(&done.stderr).replace('\n', " "));
            }
            done.status.success()
        })
    };
    let install = || run(&["ci", "--no-audit", "--no-fund"]);
    // Once more after a failure: registries have short outages.
    let installed = is_installed(web) || install() || install();
    installed && run(&["run", "build"]) && out.join("index.html").exists()
}

/// Says whether the panel's packages are those of the lock file, so that they need not be laid anew.
fn is_installed(web: &Path) -> bool {
    let changed = |path: &str| web.join(path).metadata().and_then(|about| about.modified()).ok();
    changed("node_modules/.package-lock.json") >= changed("package-lock.json").or(changed("package.json"))
}

const WITHOUT_PANEL: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Landline</title>\
<h1>Landline is running</h1><p>This build has no panel, because Node.js was missing when it was made. Install Node.js \
20 or newer with npm, then run <code>cargo run --release -- gateway</code> again.</p>\
<p>Until then, <code>landline chat</code> talks to your agent in the terminal.</p></html>";
