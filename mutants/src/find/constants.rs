//! The constants of the rooms: what is changed is their value where they are used.

use anyhow::Result;
use syn::visit::Visit;

/// A constant that code is measured by, and what may stand for it.
#[derive(Clone, Debug)]
pub struct Constant {
    pub name: String,
    pub changed: Vec<String>,
}

/// The constants of a file whose value can be changed where they are used.
pub fn constants_of(source: &str) -> Result<Vec<Constant>> {
    struct Constants(Vec<Constant>);
    impl Constants {
        fn add(&mut self, name: &syn::Ident, ty: &syn::Type) {
            let name = name.to_string();
            let syn::Type::Path(path) = ty else { return };
            let Some(last) = path.path.segments.last() else { return };
            let changes: [&str; 2] = match last.ident.to_string().as_str() {
                "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => ["+ 1", "- 1"],
                "Duration" => ["* 2", "/ 2"],
                _ => return,
            };
            self.0.push(Constant { name, changed: changes.map(str::to_owned).to_vec() });
        }
    }
    impl<'ast> Visit<'ast> for Constants {
        fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
            self.add(&item.ident, &item.ty);
        }
        fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
            self.add(&item.ident, &item.ty);
        }
    }
    let mut constants = Constants(Vec::new());
    constants.visit_file(&syn::parse_file(source)?);
    Ok(constants.0)
}
