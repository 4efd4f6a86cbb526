//! Imports run one way: no circle between the files of a package, and no floor of `shared` that uses one above it.
//!
//! Sources are parsed with syn, and names are followed through re-exports to the file that defines them. A
//! re-export is not a use; a module's own tests are left out; a call of a method is not seen, as it names no file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;

use super::{check, members, root};

/// The names of a module on the way from the package's root.
type ModulePath = Vec<String>;

/// What a module offers and where it stands.
#[derive(Default)]
struct Module {
    file: PathBuf,
    defines: BTreeSet<String>,
    /// Names that `use` brings in, and the paths they stand for.
    aliases: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

/// A path as it is written in a module.
struct Use {
    module: ModulePath,
    path: Vec<String>,
}

/// The modules of one crate and all paths that they use.
#[derive(Default)]
struct Package {
    modules: BTreeMap<ModulePath, Module>,
    uses: Vec<Use>,
}

fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("any (test")
        }
        _ => false,
    })
}

impl Package {
    /// Reads a crate from its root file on; `None` where there is no such file.
    fn read(root_file: &Path) -> Option<Package> {
        let mut package = Package::default();
        root_file.is_file().then(|| {
            package.read_file(root_file, root_file.parent().unwrap(), Vec::new());
            package
        })
    }

    fn read_file(&mut self, file: &Path, folder: &Path, module: ModulePath) {
        let text = std::fs::read_to_string(file).unwrap();
        let parsed = syn::parse_file(&text);
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_items(&parsed.items, file, folder, module);
    }

    fn read_items(&mut self, items: &[syn::Item], file: &Path, folder: &Path, module: ModulePath) {
        let mut here = Module {
            file: file.to_path_buf(),
            ..Module::default()
        };
        for item in items {
            match item {
                syn::Item::Mod(inner) if !is_for_tests(&inner.attrs) => {
                    let name = inner.ident.to_string();
                    let path = [module.clone(), vec![name.clone()]].concat();
                    let below = folder.join(&name);
                    match &inner.content {
                        Some((_, items)) => self.read_items(items, file, &below, path),
                        None => {
                            let beside = folder.join(format!("{name}.rs"));
                            let inside = below.join("mod.rs");
                            let file = if beside.is_file() { beside } else { inside };
                            self.read_file(&file, &below, path);
                        }
                    }
                }
                syn::Item::Use(import) if !is_for_tests(&import.attrs) => {
                    let mut leaves = Vec::new();
                    leaves_of(&import.tree, &mut Vec::new(), &mut leaves);
                    let is_export = !matches!(import.vis, syn::Visibility::Inherited);
                    for (name, path) in leaves {
                        if !is_export {
                            self.uses.push(Use {
                                module: module.clone(),
                                path: path.clone(),
                            });
                        }
                        match name {
                            Some(name) => _ = here.aliases.insert(name, path),
                            None => here.globs.push(path),
                        }
                    }
                }
                other => {
                    let mut seen = Seen::default();
                    seen.visit_item(other);
                    here.defines.extend(name_of_item(other));
                    self.uses.extend(seen.paths.into_iter().map(|path| Use {
                        module: module.clone(),
                        path,
                    }));
                }
            }
        }
        self.modules.insert(module, here);
    }

    /// The file that defines what a path names, and the name; nothing for what is not of this crate.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<(&Path, String)> {
        let (first, rest) = path.split_first()?;
        let start = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => from.split_last()?.1.to_vec(),
            _ => return self.find(from, path, depth),
        };
        match rest.first().map(String::as_str) {
            Some("super") => self.resolve(&start, rest, depth),
            _ => self.find(&start, rest, depth),
        }
    }

    fn find(&self, from: &[String], path: &[String], depth: usize) -> Option<(&Path, String)> {
        let (first, rest) = path.split_first()?;
        let module = self.modules.get(from)?;
        if depth > 16 {
            return None;
        }
        let below = [from, std::slice::from_ref(first)].concat();
        if self.modules.contains_key(&below) && !rest.is_empty() {
            return self.find(&below, rest, depth + 1);
        }
        if module.defines.contains(first) {
            return Some((&module.file, first.clone()));
        }
        if let Some(alias) = module.aliases.get(first) {
            // A name may stand for a crate of the same name.
            let same = alias.len() == 1 && alias[0] == *first;
            let path = [alias.as_slice(), rest].concat();
            return if same {
                None
            } else {
                self.resolve(from, &path, depth + 1)
            };
        }
        module.globs.iter().find_map(|glob| {
            let path = [glob.as_slice(), path].concat();
            self.resolve(from, &path, depth + 1)
        })
    }

    /// Which file uses which names of which other.
    fn arrows(&self) -> BTreeMap<(&Path, &Path), BTreeSet<String>> {
        let mut arrows: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for Use { module, path } in &self.uses {
            let from = self.modules[module].file.as_path();
            if let Some((to, name)) = self.resolve(module, path, 0).filter(|(to, _)| *to != from) {
                arrows.entry((from, to)).or_default().insert(name);
            }
        }
        arrows
    }
}

/// The leaves of a `use`: the name it brings in, none for `*`, and its path.
fn leaves_of(
    tree: &syn::UseTree,
    before: &mut Vec<String>,
    leaves: &mut Vec<(Option<String>, Vec<String>)>,
) {
    match tree {
        syn::UseTree::Path(path) => {
            before.push(path.ident.to_string());
            leaves_of(&path.tree, before, leaves);
            before.pop();
        }
        syn::UseTree::Name(name) if name.ident == "self" => {
            leaves.push((before.last().cloned(), before.clone()));
        }
        syn::UseTree::Name(name) => {
            let path = [before.as_slice(), &[name.ident.to_string()]].concat();
            leaves.push((Some(name.ident.to_string()), path));
        }
        syn::UseTree::Rename(rename) => {
            let path = [before.as_slice(), &[rename.ident.to_string()]].concat();
            leaves.push((Some(rename.rename.to_string()), path));
        }
        syn::UseTree::Glob(_) => leaves.push((None, before.clone())),
        syn::UseTree::Group(group) => {
            for tree in &group.items {
                leaves_of(tree, before, leaves);
            }
        }
    }
}

fn name_of_item(item: &syn::Item) -> Option<String> {
    let name = match item {
        syn::Item::Const(item) => &item.ident,
        syn::Item::Enum(item) => &item.ident,
        syn::Item::Fn(item) => &item.sig.ident,
        syn::Item::Macro(item) => item.ident.as_ref()?,
        syn::Item::Static(item) => &item.ident,
        syn::Item::Struct(item) => &item.ident,
        syn::Item::Trait(item) => &item.ident,
        syn::Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// All paths below an item, those in macros by their tokens.
#[derive(Default)]
struct Seen {
    paths: Vec<Vec<String>>,
}

impl<'ast> Visit<'ast> for Seen {
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.paths.push(names.collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.read_tokens(call.tokens.clone());
        syn::visit::visit_macro(self, call);
    }
}

impl Seen {
    fn read_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if colons == 2 => path.push(name.to_string()),
                TokenTree::Ident(name) => {
                    self.paths
                        .push(std::mem::replace(&mut path, vec![name.to_string()]));
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Group(group) => self.read_tokens(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.paths.push(std::mem::take(&mut path));
                }
            }
            colons = 0;
        }
        self.paths.push(path);
    }
}

/// The files that can be reached from a file by arrows, without it unless it lies in a circle.
fn reached<'a>(
    from: &'a Path,
    arrows: &BTreeMap<(&'a Path, &'a Path), BTreeSet<String>>,
) -> BTreeSet<&'a Path> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(file) = waiting.pop() {
        let next = arrows.keys().filter(|(one, _)| *one == file);
        for (_, other) in next {
            if found.insert(*other) {
                waiting.push(other);
            }
        }
    }
    found
}

/// The arrows that lie in circles, in words.
fn circles(package: &Package) -> Vec<String> {
    let arrows = package.arrows();
    let in_circle = |from: &Path, to: &Path| reached(to, &arrows).contains(from);
    let in_circle = arrows.iter().filter(|((from, to), _)| in_circle(from, to));
    let short = |path: &Path| {
        path.strip_prefix(root())
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let words = in_circle.map(|((from, to), names)| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("{} uses {} of {}", short(from), names.join(", "), short(to))
    });
    words.collect()
}

#[test]
fn no_two_files_use_names_of_each_other() {
    let mut findings = Vec::new();
    let mut arrows = 0;
    for folder in members() {
        for file in ["src/lib.rs", "src/main.rs"] {
            if let Some(package) = Package::read(&folder.join(file)) {
                arrows += package.arrows().len();
                findings.extend(circles(&package));
            }
        }
    }
    assert!(arrows > 500, "only {arrows} imports were understood");
    if !findings.is_empty() {
        findings.insert(
            0,
            "These imports lie in circles: move what both files need below them.".to_string(),
        );
    }
    check(findings);
}

/// The floors of `shared`, the lowest first: folders and files below `shared/src`.
const FLOORS: [&[&str]; 10] = [
    &["host/"],
    &["store/schema/"],
    &["store/client/"],
    &["store/readers/"],
    &["store/commit.rs", "store/records.rs"],
    &["store/arrivals.rs", "store/preferences.rs"],
    &["store/billing/"],
    &["store/notices/"],
    &["store/operator/"],
    &["http/"],
];

/// The number of the floor that a file of `shared` stands on; none for the files that only re-export.
fn floor_of(file: &Path) -> Option<usize> {
    let below = file
        .strip_prefix(root().join("shared/src"))
        .ok()?
        .to_str()?;
    let stands_on = |floor: &&[&str]| floor.iter().any(|start| below.starts_with(start));
    FLOORS.iter().position(stands_on)
}

#[test]
fn no_floor_of_shared_uses_one_above_it() {
    let package = Package::read(&root().join("shared/src/lib.rs")).unwrap();
    let arrows = package.arrows();
    let mut crossing = 0;
    let mut findings = Vec::new();
    for ((from, to), names) in &arrows {
        let (Some(above), Some(below)) = (floor_of(from), floor_of(to)) else {
            continue;
        };
        crossing += usize::from(above > below);
        if above < below {
            let (from, to) = (from.display(), to.display());
            findings.push(format!(
                "{from} uses {names:?} of {to}, a floor above it: move what it needs down to {:?}",
                FLOORS[above]
            ));
        }
    }
    assert!(
        crossing > 100,
        "only {crossing} imports cross floors: were the folders renamed?"
    );
    check(findings);
}

#[test]
fn a_circle_is_found_and_a_re_export_is_none() {
    let folder = std::env::temp_dir().join(format!("imports-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "lib.rs",
        "mod one; mod two; pub use one::One; pub use two::Two;",
    );
    write("one.rs", "use crate::Two; pub struct One(Two);");
    write("two.rs", "pub struct Two;");
    let found = |folder: &Path| circles(&Package::read(&folder.join("lib.rs")).unwrap());
    assert_eq!(found(&folder), Vec::<String>::new());
    write(
        "two.rs",
        "pub struct Two; fn f() { vec![crate::one::One::new()]; }",
    );
    assert_eq!(found(&folder).len(), 2, "an arrow each way");
    std::fs::remove_dir_all(&folder).unwrap();
}
