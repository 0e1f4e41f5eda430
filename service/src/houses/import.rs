//! Importing houses with their people: all of a file or nothing, and nothing the second time.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::person::masked_name;
use serde_json::json;
use uuid::Uuid;

use super::known;
use super::plan::{Plan, PlannedDifference, plan};
use super::records::HouseRecords;
use super::report::{BuildingSum, Difference, ImportReport, LISTED_MAX};
use super::write::write;
use super::{HOUSES_PER_IMPORT_MAX, HousesError, repo};
use crate::audit::By;
use crate::imports::{self, ImportKind};
use crate::tenancy::{ProjectDb, ProjectTx};

/// The kind of import in `import_batch`.
const KIND: ImportKind = ImportKind { name: "houses", action: "houses.import" };

/// Whether an import is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportMode {
    /// Computed by the code that would do it, then rolled back.
    DryRun,
    /// Done.
    Apply,
}

/// The file the records were read from.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Its name, as the person who chose it knows it.
    pub name: String,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
}

/// Imports houses in one transaction. Facts in the file replace those known, blank cells leave them; people fill
/// roles that nobody had and are otherwise reported as differences, never overwritten; issued bills stay as they are.
///
/// # Errors
/// [`HousesError`]; nothing was written then.
pub async fn import(
    db: &ProjectDb,
    records: &HouseRecords,
    file: &SourceFile,
    mode: ImportMode,
    by: &By,
    now: DateTime<Utc>,
) -> Result<ImportReport, HousesError> {
    if records.houses.is_empty() {
        return Err(HousesError::NothingToImport);
    }
    if records.houses.len() > HOUSES_PER_IMPORT_MAX {
        return Err(HousesError::TooMany);
    }
    match mode {
        ImportMode::Apply => db.transact("houses.import", async |tx| run(tx, records, file, by, now).await).await,
        ImportMode::DryRun => {
            let work = async |tx: &ProjectTx<'_>| run(tx, records, file, by, now).await;
            let report = db.preview("houses.import", work).await?;
            Ok(ImportReport { batch_id: None, ..report })
        }
    }
}

async fn run(
    tx: &ProjectTx<'_>,
    records: &HouseRecords,
    file: &SourceFile,
    by: &By,
    now: DateTime<Utc>,
) -> Result<ImportReport, HousesError> {
    imports::take_turn(tx).await?;
    let known = known::load(tx).await?;
    let plan = plan(records, &known, tx.sealer());
    let mut report = report(tx, records, &plan).await?;
    if report.changes_nothing() && imports::is_imported(tx, KIND, file).await? {
        return Ok(report);
    }
    let now_ms = now.timestamp_millis();
    let summary = json!({
        "accepted": report.accepted, "new_houses": report.new_houses, "changed_houses": report.changed_houses,
        "persons_new": report.persons_new, "persons_changed": report.persons_changed,
        "rejected_rows": report.rejected_rows, "differences": report.differences_count,
        "area_centi": report.area_centi,
    });
    let batch_id = imports::record(tx, KIND, file, &summary, by, now_ms).await?;
    write(tx, records, &plan, batch_id, now_ms).await?;
    report.batch_id = Some(batch_id);
    Ok(report)
}

async fn report(tx: &ProjectTx<'_>, records: &HouseRecords, plan: &Plan) -> Result<ImportReport, HousesError> {
    let phones_of = |person: usize| records.persons.get(person).map_or(0, |facts| facts.phones.len());
    let phones_new = plan.new_parties.iter().map(|(person, _)| phones_of(*person)).sum::<usize>()
        + plan.gains.iter().map(|gain| gain.phones.len()).sum::<usize>();
    Ok(ImportReport {
        batch_id: None,
        accepted: records.houses.len(),
        new_houses: plan.new_houses.len(),
        changed_houses: plan.changes.len(),
        changed: plan.changes.iter().take(LISTED_MAX).cloned().collect(),
        unchanged: plan.unchanged,
        houses_without_owner: records.houses.iter().filter(|house| house.owners.is_empty()).count(),
        persons_new: plan.new_parties.len(),
        persons_changed: plan.gains.len(),
        phones_new,
        differences_count: plan.differences.len(),
        differences: differences(tx, records, plan).await?,
        rejected_rows: records.rejected_rows,
        rejected: records.rejected.clone(),
        warnings_count: records.warnings_count,
        warnings: records.warnings.clone(),
        sheets: records.sheets.clone(),
        area_centi: records.houses.iter().map(|house| house.area_centi).fold(0, i64::saturating_add),
        buildings: building_sums(records),
    })
}

fn building_sums(records: &HouseRecords) -> Vec<BuildingSum> {
    let mut sums: BTreeMap<(usize, &str), (usize, i64)> = BTreeMap::new();
    for house in &records.houses {
        // Shorter names first, so that 2 comes before 10.
        let sum = sums.entry((house.building.len(), house.building.as_str())).or_default();
        sum.0 += 1;
        sum.1 = sum.1.saturating_add(house.area_centi);
    }
    sums.into_iter()
        .map(|((_, building), (houses, area_centi))| BuildingSum { building: building.to_owned(), houses, area_centi })
        .collect()
}

/// The differences with masked names; names are opened for those listed only.
async fn differences(tx: &ProjectTx<'_>, records: &HouseRecords, plan: &Plan) -> Result<Vec<Difference>, HousesError> {
    let listed: Vec<&PlannedDifference> = plan.differences.iter().take(LISTED_MAX).collect();
    let ids: Vec<Uuid> = listed.iter().flat_map(|difference| difference.in_system.iter().copied()).collect();
    let names: HashMap<Uuid, String> = repo::masked_names(tx, &ids).await?;
    let in_file = |persons: &[usize]| -> Vec<String> {
        persons.iter().filter_map(|person| records.persons.get(*person)).map(|one| masked_name(&one.name)).collect()
    };
    Ok(listed
        .into_iter()
        .map(|difference| Difference {
            key: difference.key.clone(),
            kind: difference.kind,
            in_system: difference.in_system.iter().filter_map(|id| names.get(id).cloned()).collect(),
            in_file: in_file(&difference.in_file),
            words: difference.kind.words(),
            remedy: difference.kind.remedy(),
        })
        .collect())
}
