//! `import` in a simulation.

use super::{Interceptor, Mode, OnRoad, Open, PreflightEnd, Session, Simulation, Terms, place};
use larder::run::Error;
use larder::run::import::{ImportRequest, Imported, import};
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;

impl Simulation {
    /// Imports everything into a folder.
    pub fn import(&self, folder: &Path, env: Option<&str>) -> Imported {
        self.import_on(Arc::new(Open), folder, env).unwrap()
    }

    /// The same over a road; why not, where it is refused.
    pub fn import_on(
        &self,
        road: Arc<dyn Interceptor>,
        folder: &Path,
        env: Option<&str>,
    ) -> Result<Imported, String> {
        let terms = Terms { road, ..self.terms(Mode::Plan) };
        let clock = Arc::new(OnRoad::new(self.clock.clone(), &terms));
        let (place, target) = (place(folder), self.target(&terms, clock, Arc::new(Mutex::new(Vec::new()))));
        let session = Session { place: &place, selected: None, root: folder, target };
        let services = place.services.iter().collect();
        let (env, folder) = (env.map(str::to_owned), folder.to_owned());
        let request = ImportRequest { env, services, folder, all: true, ..ImportRequest::default() };
        import(&session, &request).map_err(|error| match error {
            Error::Ended(end) => match *end {
                PreflightEnd::Refused(problem, _) => problem.message,
                _ => "it ended".to_owned(),
            },
            Error::Usage(error) => error.to_string(),
            Error::Failed { failure, .. } => failure.to_string(),
        })
    }
}
