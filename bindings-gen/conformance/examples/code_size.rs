//! Prints how many bytes of code the generated glue of each interface is, in a binary or library whose crate was built with
//! names that tell types: `cargo rustc --release -p bgfetch-script --lib -- -C symbol-mangling-version=v0`, then
//! `cargo run -p bindings-gen-conformance --example code_size -- target/release/libbgfetch_script.rlib`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "this is a program for people")]

use std::collections::BTreeMap;
use std::error::Error;

use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionKind};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("which binary or library?")?;
    let data = std::fs::read(&path)?;
    let mut sizes = BTreeMap::new();
    match ArchiveFile::parse(&*data) {
        Ok(archive) => {
            for member in archive.members() {
                let part = member?.data(&*data)?;
                // A library has its metadata in it, too.
                if let Ok(file) = object::File::parse(part) {
                    add(&file, &mut sizes);
                }
            }
        }
        Err(_) => add(&object::File::parse(&*data)?, &mut sizes),
    }
    print(&sizes);
    Ok(())
}

/// Bytes and functions.
#[derive(Clone, Copy, Default)]
struct Size {
    bytes: u64,
    functions: u64,
}

/// Adds the functions of an object file, by the generated module that they are made for.
fn add(file: &object::File<'_>, sizes: &mut BTreeMap<String, Size>) {
    let mut symbols: Vec<_> = file.symbols().filter(|symbol| symbol.is_definition()).collect();
    symbols.sort_by_key(|symbol| symbol.address());
    for symbol in symbols {
        let section = symbol.section_index().and_then(|index| file.section_by_index(index).ok());
        if !section.is_some_and(|section| section.kind() == SectionKind::Text) {
            continue;
        }
        let name = format!("{:#}", rustc_demangle::demangle(symbol.name().unwrap_or_default()));
        // A function of the door that is made for a closure has the closure's path in its name.
        if let Some((_, module)) = name.split_once("::bindings::") {
            let end = module.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(module.len());
            let size = sizes.entry(module[..end].to_owned()).or_default();
            size.bytes += symbol.size();
            size.functions += 1;
        }
    }
}

fn print(sizes: &BTreeMap<String, Size>) {
    let mut largest: Vec<(&String, &Size)> = sizes.iter().collect();
    largest.sort_by_key(|(name, size)| (std::cmp::Reverse(size.bytes), *name));
    let all = sizes.values().fold(Size::default(), |all, size| Size {
        bytes: all.bytes + size.bytes,
        functions: all.functions + size.functions,
    });
    let kinds = ["dictionaries", "enums", "unions", "callbacks"];
    let interfaces: Vec<u64> = largest
        .iter()
        .filter(|(name, _)| !kinds.contains(&name.as_str()))
        .map(|(_, size)| size.bytes)
        .collect();
    println!("{:32}{:>10}{:>11}", "bytes of code", "bytes", "functions");
    for (name, size) in &largest {
        println!("{name:32}{:10}{:11}", size.bytes, size.functions);
    }
    println!("{:32}{:10}{:11}", "all", all.bytes, all.functions);
    if let Some(median) = interfaces.get(interfaces.len() / 2) {
        println!("median of {} interfaces and mixins: {median} bytes", interfaces.len());
    }
    println!("mean of a function: {} bytes", all.bytes.checked_div(all.functions).unwrap_or(0));
}
