//! The shifts of cashiers: opened, counted, locked.

use std::collections::BTreeMap;

use actix_web::{get, post, web};
use domain::counter::DeskMethod;
use domain::ids::ShiftId;
use serde::{Deserialize, Serialize};
use service::counter::{self, ShiftClose, ShiftView};
use service::installation::Installation;
use service::staff::{LockShifts, ManagePayments, ViewPayments};
use service::tenancy::ProjectDb;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::{ApiError, Refusals};
use crate::extract::{Json, Query, Staff, Text};

/// What is in the drawer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OpenShiftBody {
    /// Before anything is taken, fen.
    pub opening_float_fen: i64,
}

/// What was counted.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CloseShiftBody {
    /// The whole drawer, the opening float included, fen.
    pub cash_fen: Option<i64>,
    /// By the slips of the card reader, fen.
    pub card_fen: Option<i64>,
    /// By the transfers seen, fen.
    pub transfer_fen: Option<i64>,
    /// Everything else, fen.
    pub other_fen: Option<i64>,
    /// Why it is not what was booked.
    #[schema(value_type = Option<String>, max_length = 200)]
    pub difference_reason: Option<Text<200>>,
}

impl CloseShiftBody {
    fn close(self) -> ShiftClose {
        let counted = [
            (DeskMethod::Cash, self.cash_fen),
            (DeskMethod::Card, self.card_fen),
            (DeskMethod::Transfer, self.transfer_fen),
            (DeskMethod::Other, self.other_fen),
        ];
        let counted: BTreeMap<_, _> =
            counted.into_iter().filter_map(|(method, fen)| fen.map(|fen| (method, fen))).collect();
        ShiftClose { counted, difference_reason: self.difference_reason.map(Text::into_inner) }
    }
}

/// The cashier's own shift.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyShift {
    /// The open one, if there is one.
    pub shift: Option<ShiftView>,
}

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ShiftsQuery {
    /// The last shift of the page before.
    pub before: Option<Uuid>,
}

async fn view(db: &ProjectDb, shift: ShiftId) -> Result<web::Json<ShiftView>, ApiError> {
    Ok(web::Json(db.read("counter.shift", async |tx| counter::shift_view(tx, shift).await).await?))
}

/// Opens the cashier's shift; whoever has one open is answered with it.
#[utoipa::path(
    operation_id = "staff_open_shift", tag = "desk", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = ShiftView), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/desk/shifts")]
pub async fn open(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    body: Json<OpenShiftBody>,
) -> Result<web::Json<ShiftView>, ApiError> {
    let (db, now) = (staff.project(), installation.now());
    let shift = counter::open_shift(db, staff.staff_id(), body.opening_float_fen, &staff.by(), now).await?;
    view(db, shift.into_inner()).await
}

/// The cashier's open shift.
#[utoipa::path(
    operation_id = "staff_show_my_shift", tag = "desk", security(("staff" = [])), params(("project" = Uuid, Path)),
    responses((status = 200, body = MyShift), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/desk/my-shift")]
pub async fn mine(staff: Staff<ManagePayments>) -> Result<web::Json<MyShift>, ApiError> {
    let cashier = staff.staff_id();
    let shift = staff.project().read("counter.shift", async |tx| counter::my_shift(tx, cashier).await).await?;
    Ok(web::Json(MyShift { shift }))
}

/// The shifts of all cashiers, the newest first.
#[utoipa::path(
    operation_id = "staff_list_shifts", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ShiftsQuery), responses((status = 200, body = Vec<ShiftView>), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/desk/shifts")]
pub async fn list(
    staff: Staff<ViewPayments>,
    query: Query<ShiftsQuery>,
) -> Result<web::Json<Vec<ShiftView>>, ApiError> {
    let before = query.before.map(ShiftId);
    let found = staff.project().read("counter.shifts", async |tx| counter::shifts(tx, before).await).await?;
    Ok(web::Json(found))
}

/// One shift: the figures of its hand-over sheet.
#[utoipa::path(
    operation_id = "staff_show_shift", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ("shift" = Uuid, Path)), responses((status = 200, body = ShiftView), Refusals)
)]
#[get("/api/staff/v1/projects/{project}/desk/shifts/{shift}")]
pub async fn show(staff: Staff<ViewPayments>, path: web::Path<(Uuid, Uuid)>) -> Result<web::Json<ShiftView>, ApiError> {
    view(staff.project(), ShiftId(path.1)).await
}

/// Closes one's own shift with what was counted. Twice is once.
#[utoipa::path(
    operation_id = "staff_close_shift", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ("shift" = Uuid, Path)), responses((status = 200, body = ShiftView), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/desk/shifts/{shift}/close")]
pub async fn close(
    installation: web::Data<Installation>,
    staff: Staff<ManagePayments>,
    path: web::Path<(Uuid, Uuid)>,
    body: Json<CloseShiftBody>,
) -> Result<web::Json<ShiftView>, ApiError> {
    let (db, shift) = (staff.project(), ShiftId(path.1));
    let close = body.0.close();
    let _ = counter::close_shift(db, staff.staff_id(), shift, &close, &staff.by(), installation.now()).await?;
    view(db, shift).await
}

/// Accepts the figures of somebody else's closed shift. Twice is once.
#[utoipa::path(
    operation_id = "staff_lock_shift", tag = "desk", security(("staff" = [])),
    params(("project" = Uuid, Path), ("shift" = Uuid, Path)), responses((status = 200, body = ShiftView), Refusals)
)]
#[post("/api/staff/v1/projects/{project}/desk/shifts/{shift}/lock")]
pub async fn lock(
    installation: web::Data<Installation>,
    staff: Staff<LockShifts>,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<web::Json<ShiftView>, ApiError> {
    let (db, shift) = (staff.project(), ShiftId(path.1));
    let _ = counter::lock_shift(db, staff.staff_id(), shift, &staff.by(), installation.now()).await?;
    view(db, shift).await
}
