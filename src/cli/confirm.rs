//! `--confirm NAME`: the flag that a protected environment requires before data is lost for good.

use super::Stopped;
use crate::op::Guard;
use crate::run::Selected;
use crate::system::flag;
use anyhow::anyhow;

/// The flag.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Confirm {
    /// Allow what loses data of the protected environment NAME for good; NAME is its full name
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
}

impl Confirm {
    /// What the run may do; a confirmation of another environment is a mistake, whatever the run does.
    pub fn guard(&self, selected: Option<&Selected>) -> Result<Guard, Stopped> {
        let environment = selected.map(|selected| &selected.config.environment);
        match (&self.confirm, environment) {
            (None, Some(environment)) if environment.is_protected => {
                Ok(Guard::Closed { environment: environment.name.clone() })
            }
            (None, _) => Ok(Guard::Open),
            (Some(name), Some(environment)) if *name == environment.name => Ok(Guard::Confirmed),
            (Some(name), Some(environment)) => Err(anyhow!(
                "`--confirm` names `{name}`, the run is of `{}`\nhint: `{}`",
                environment.name,
                flag("--confirm", &environment.name)
            )
            .into()),
            (Some(_), None) => {
                Err(anyhow!("there is no environment to confirm\nhint: leave `--confirm` out").into())
            }
        }
    }
}
