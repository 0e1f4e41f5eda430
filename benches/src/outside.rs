//! An installation and its ways to the outside world.

use std::sync::Arc;

use gateway::Now;
use gateway::http::{BaseUrl, HttpClient, HttpLimits};
use gateway::wechat::WechatHttp;
use gateway::wechat_pay::{PayHosts, WechatPayHttp};
use service::channels::CloudVendors;
use service::clock::Clock;
use service::installation::{Gateways, Installation};
use service::shared::InProcess;

use crate::Failure;
use crate::world::World;

/// Where nobody listens.
const NOBODY: &str = "http://127.0.0.1:9";

/// The installation over a world's databases, for one process. All its ways lead to nobody, but the one to WeChat if
/// there is a `wechat`.
///
/// # Errors
/// When the HTTP client does not start, or `wechat` is no address.
pub fn installation(world: &World, clock: &Clock, wechat: Option<&str>) -> Result<Installation, Failure> {
    let http = HttpClient::new(HttpLimits::default())?;
    let ticking = clock.clone();
    let now: Now = Arc::new(move || ticking.now());
    let nobody = || BaseUrl::parse(NOBODY);
    let hosts = PayHosts { primary: nobody()?, failover: None };
    let vendors = CloudVendors { http: http.clone(), tencent: nobody()?, aliyun: nobody()?, now: Arc::clone(&now) };
    let pay = Arc::new(WechatPayHttp::new(http.clone(), hosts, now));
    let gateways = Gateways {
        stuck_refunds: Arc::<WechatPayHttp>::clone(&pay),
        pay,
        wechat: Arc::new(WechatHttp::new(http, BaseUrl::parse(wechat.unwrap_or(NOBODY))?)),
        sms: vendors.clone(),
        voice: vendors,
    };
    let shared = Arc::new(InProcess::new());
    Ok(Installation::new(world.projects.clone(), clock.clone(), gateways, shared, "http://127.0.0.1"))
}
