//! Puts the built page into the binary: every file of `ui/dist` becomes a constant. Without `ui/dist` there are none,
//! and the binary says how to build them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let dist = root.join("ui/dist");
    // Watching a directory that is not there would make cargo run this every time; its parent changes when it appears.
    let watched = if dist.is_dir() {
        dist.clone()
    } else {
        root.join("ui")
    };
    println!("cargo:rerun-if-changed={}", watched.display());
    fs::write(out.join("page_files.rs"), constants(&dist)?)
}

fn constants(dist: &Path) -> io::Result<String> {
    let mut names: Vec<String> = match fs::read_dir(dist) {
        Ok(entries) => {
            let names = entries
                .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
            names.collect::<io::Result<_>>()?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    names.sort();
    let mut code = "static PAGE_FILES: &[PageFile] = &[\n".to_owned();
    for name in names {
        let path = dist.join(&name).to_string_lossy().into_owned();
        let _ = writeln!(
            code,
            "    PageFile {{ name: {name:?}, bytes: include_bytes!({path:?}) }},"
        );
    }
    code.push_str("];\n");
    Ok(code)
}
