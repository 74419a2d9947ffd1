//! What a build script calls.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use crate::config::{self, Implemented};
use crate::diagnostics::{Diagnostics, Problems};
use crate::emit::{Backend, Emitter, Js, Paths, expand, files};
use crate::model::{self, World};
use crate::parse;
use crate::select::{Selection, select};
use crate::source::{ReadError, SourceSet};

/// Generates bindings for the interfaces that an `implemented.toml` names.
///
/// ```no_run
/// let generated = bindings_gen::Generator::new("webidl", "webidl/implemented.toml")
///     .types_prelude("bgfetch_js")
///     .dom_path("crate::dom")
///     .generate()
///     .unwrap_or_else(|problems| panic!("{}", problems.render()));
/// for path in &generated.inputs {
///     println!("cargo:rerun-if-changed={}", path.display());
/// }
/// generated.write_to(std::path::Path::new(&std::env::var("OUT_DIR").unwrap())).unwrap();
/// // In the crate: mod bindings { include!(concat!(env!("OUT_DIR"), "/bindings/mod.rs")); }
/// ```
#[derive(Clone, Debug)]
pub struct Generator {
    webidl: PathBuf,
    implemented: PathBuf,
    paths: Paths,
    backend: Arc<dyn Backend>,
}

/// What was generated.
#[derive(Clone, Debug)]
pub struct Generated {
    /// File names and their text; `mod.rs` has the others as modules, beside it.
    pub files: Vec<(String, String)>,
    /// Everything that was read: the folder and the files, for `cargo:rerun-if-changed`.
    pub inputs: Vec<PathBuf>,
    /// The folder below `OUT_DIR` that [`write_to`](Self::write_to) writes to.
    pub folder: String,
}

impl Generated {
    /// Writes the files to the generator's folder below `out_dir`, which it makes. Files that are the same already are
    /// left alone, so that cargo need not build again what includes them.
    ///
    /// # Errors
    /// What the file system answers.
    pub fn write_to(&self, out_dir: &Path) -> io::Result<()> {
        let folder = out_dir.join(&self.folder);
        fs::create_dir_all(&folder)?;
        for (name, text) in &self.files {
            let path = folder.join(name);
            if fs::read_to_string(&path).ok().as_deref() != Some(text) {
                fs::write(&path, text)?;
            }
        }
        Ok(())
    }
}

/// The IDL with what of it is implemented, checked.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) sources: SourceSet,
    pub(crate) world: World,
    pub(crate) selection: Selection,
}

impl Generator {
    /// A generator that reads the `.idl` files of a folder.
    pub fn new(webidl: impl Into<PathBuf>, implemented: impl Into<PathBuf>) -> Generator {
        Generator {
            webidl: webidl.into(),
            implemented: implemented.into(),
            paths: Paths {
                prelude: "bgfetch_js".to_owned(),
                dom: "crate::dom".to_owned(),
                folder: "bindings".to_owned(),
            },
            backend: Arc::new(Js),
        }
    }

    /// The path of the engine's door: where `Realm`, `Value`, `glue` and the others are.
    #[must_use]
    pub fn types_prelude(mut self, path: &str) -> Generator {
        path.clone_into(&mut self.paths.prelude);
        self
    }

    /// The path of the module with the types that implement the interfaces, and with `event_handler`.
    #[must_use]
    pub fn dom_path(mut self, path: &str) -> Generator {
        path.clone_into(&mut self.paths.dom);
        self
    }

    /// What writes the glue; that for the crate `bgfetch_js` if not told.
    #[must_use]
    pub fn backend(mut self, backend: Box<dyn Backend>) -> Generator {
        self.backend = backend.into();
        self
    }

    /// The folder below `OUT_DIR` that the build script writes the files to; `bindings` if not told.
    #[must_use]
    pub fn folder(mut self, folder: &str) -> Generator {
        folder.clone_into(&mut self.paths.folder);
        self
    }

    /// Generates all files.
    ///
    /// # Errors
    /// Everything that is wrong with the IDL and the configuration, each with its place.
    pub fn generate(&self) -> Result<Generated, Diagnostics> {
        let sources = SourceSet::read_dir(&self.webidl)?;
        let text = read(&self.implemented)?;
        self.generate_from(sources, &text)
    }

    /// Generates all files from IDL and configuration that are in memory already.
    ///
    /// # Errors
    /// Everything that is wrong with the IDL and the configuration, each with its place.
    pub fn generate_from(&self, sources: SourceSet, implemented: &str) -> Result<Generated, Diagnostics> {
        let (loaded, mut problems) = self.load_from(sources, implemented);
        let emitter =
            Emitter::new(&loaded.sources, &loaded.world, &loaded.selection, &*self.backend, &self.paths);
        let files = files(&emitter).into_iter().map(|file| (file.name, file.text)).collect();
        problems.append(emitter.problems.take());
        problems.finish(&loaded.sources)?;
        let mut inputs = vec![self.webidl.clone()];
        inputs.extend(loaded.sources.files.iter().map(|file| PathBuf::from(&file.name)));
        Ok(Generated { files, inputs, folder: self.paths.folder.clone() })
    }

    /// The text for one interface, mixin, dictionary, enumeration, callback or union; none if it is not implemented.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn expand(&self, name: &str) -> Result<Option<String>, Diagnostics> {
        let loaded = self.load()?;
        let emitter =
            Emitter::new(&loaded.sources, &loaded.world, &loaded.selection, &*self.backend, &self.paths);
        let text = expand(&emitter, name);
        emitter.problems.take().finish(&loaded.sources)?;
        Ok(text)
    }

    /// The names that [`expand`](Self::expand) knows, but for unions.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn names(&self) -> Result<Vec<String>, Diagnostics> {
        let Selection { interfaces, callback_interfaces, dictionaries, enums, callbacks, .. } =
            self.load()?.selection;
        let names = interfaces.into_keys().chain(callback_interfaces.into_keys());
        let names = names.chain(dictionaries.into_keys()).chain(enums.into_keys());
        Ok(names.chain(callbacks.into_keys()).collect())
    }

    pub(crate) fn load(&self) -> Result<Loaded, Diagnostics> {
        let sources = SourceSet::read_dir(&self.webidl)?;
        let text = read(&self.implemented)?;
        let (loaded, problems) = self.load_from(sources, &text);
        problems.finish(&loaded.sources)?;
        Ok(loaded)
    }

    /// Parses, resolves and selects.
    fn load_from(&self, mut sources: SourceSet, implemented: &str) -> (Loaded, Problems) {
        let mut problems = Problems::default();
        let definitions = parse::parse(&sources, &mut problems);
        let world = model::build(&definitions, &mut problems);
        let file = sources.add(self.implemented.display().to_string(), implemented);
        let implemented: Implemented = config::parse(file, implemented, &mut problems);
        let selection = select(&world, &implemented, &mut problems);
        model::check_selection(&world, &selection, &mut problems);
        (Loaded { sources, world, selection }, problems)
    }
}

/// Reads an `implemented.toml`.
///
/// # Errors
/// That it cannot be read, and everything that is wrong with it.
pub fn read_implemented(path: &Path) -> Result<Implemented, Diagnostics> {
    let text = read(path)?;
    let mut sources = SourceSet::default();
    let mut problems = Problems::default();
    let file = sources.add(path.display().to_string(), text.clone());
    let implemented = config::parse(file, &text, &mut problems);
    problems.finish(&sources)?;
    Ok(implemented)
}

fn read(path: &Path) -> Result<String, ReadError> {
    fs::read_to_string(path).map_err(|source| ReadError { path: path.to_owned(), source })
}
