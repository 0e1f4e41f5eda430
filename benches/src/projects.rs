//! Projects by the hundred.

use domain::ids::ProjectId;
use service::store::{Placement, PlacementError};

use crate::Failure;
use crate::world::{Engine, World, migrate_project, now};

/// Registers projects `p0`, `p1`, … with a migrated database each. On PostgreSQL the first `on_server` of them are
/// there; the others, of which only the control database's rows matter, are files.
///
/// # Errors
/// The databases'.
pub async fn register(world: &World, count: u64, on_server: u64) -> Result<Vec<ProjectId>, Failure> {
    let folder = world.folder();
    let file = |name: &str| -> Result<Placement, PlacementError> {
        Placement::parse(&format!("sqlite:{}", folder.join(name).display()))
    };
    migrate_project(&file("template.db")?).await?;
    let template = world.fresh("template-server").await?;
    migrate_project(&template).await?;
    let template_name = template.expose().rsplit('/').next().unwrap_or_default().to_owned();
    let mut ids = Vec::new();
    for number in 0..count {
        let placement = if matches!(world.engine, Engine::Postgres { .. }) && number < on_server {
            world.copy_of(&template_name).await?
        } else {
            let name = format!("p{number}.db");
            std::fs::copy(folder.join("template.db"), folder.join(&name))?;
            file(&name)?
        };
        let new = world.new_project(&format!("p{number}"), placement);
        ids.push(world.projects.create(new, now().timestamp_millis()).await?);
    }
    Ok(ids)
}
