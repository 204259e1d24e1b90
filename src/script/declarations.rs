//! Finds the line of the project file that declares a resource, so that an error of a bundled recipe is shown
//! there: nobody can edit a compiled-in recipe.

use super::resolver::is_compiled_in;
use crate::events::Site;
use crate::op::Failure;
use std::sync::Arc;

/// The [`DeclarationQuery::kind`] of a step's place in the order.
pub const STEPS: &str = "steps";

/// What is looked for in the project's files.
#[derive(Clone, Copy, Debug)]
pub struct DeclarationQuery<'a> {
    /// The service; `steps` for the order of the steps.
    pub kind: &'a str,
    /// Its logical name, or the one in the account.
    pub name: &'a str,
    /// The way to one of its options; empty for the thing itself.
    pub option: &'a [String],
}

/// Finds where something is written.
type FindDeclaration = dyn Fn(DeclarationQuery) -> Option<Site> + Send + Sync;

/// The files of a project; nothing where there is none.
#[derive(Clone, Default)]
pub struct Declarations(Option<Arc<FindDeclaration>>);

impl Declarations {
    /// In the files that `find` looks through.
    pub fn new(find: impl Fn(DeclarationQuery) -> Option<Site> + Send + Sync + 'static) -> Self {
        Declarations(Some(Arc::new(find)))
    }

    /// The place that a person can edit, where the call itself is compiled in.
    pub fn instead_of(&self, called: &Site, wanted: DeclarationQuery) -> Option<Site> {
        let find = self.0.as_ref().filter(|_| is_compiled_in(&called.file))?;
        find(wanted)
    }
}

/// The way to the option that a failure is about.
pub fn option_of(failure: &Failure) -> &[String] {
    match failure {
        Failure::Option { error, .. } => &error.path,
        _ => &[],
    }
}
