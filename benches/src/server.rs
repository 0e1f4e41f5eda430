//! The real server, in this process, on threads of its own.

use std::net::{SocketAddr, TcpListener};

use actix_web::dev::ServerHandle;
use api::startup::ApiSettings;
use secrecy::SecretString;
use service::audit::By;
use service::setup::{self, NewMerchant, NewVerifier, ProjectChannels};

use crate::wechat_pay::{MCHID, MERCHANT_SERIAL, WechatPay};
use crate::world::{Site, World, now};
use crate::{Failure, outside};

/// A server that is up.
pub struct Served {
    /// Where it listens.
    pub address: SocketAddr,
    /// The project that takes payments, opened anew with its merchant.
    pub site: Site,
    /// The project's address for payment notices, without the host.
    pub path: String,
    handle: ServerHandle,
}

impl Served {
    /// Makes a project that takes payments and serves it with the settings of production.
    ///
    /// # Errors
    /// The databases', and when no port is free.
    pub async fn start(world: &World, pay: &WechatPay, connections: u32) -> Result<Self, Failure> {
        let mut site = world.site(connections).await?;
        let (by, now_ms) = (By::operator(), now().timestamp_millis());
        let merchant = NewMerchant {
            company_id: world.company,
            mchid: MCHID.to_owned(),
            serial_no: MERCHANT_SERIAL.to_owned(),
            private_key_pem: SecretString::from(pay.merchant_key_pem()),
            api_v3_key: SecretString::from(pay.api_v3_key()),
            verifiers: vec![NewVerifier { serial: pay.serial(), is_certificate: false, pem: pay.public_key_pem() }],
        };
        let merchant_id = setup::register_merchant(&world.control, &merchant, &by, now_ms).await?;
        let channels = ProjectChannels { merchant_id: Some(merchant_id), ..ProjectChannels::default() };
        setup::attach(&world.control, site.id, &channels, &by, now_ms).await?;
        world.projects.forget(site.id).await;
        site.db = world.projects.open(site.id).await?;
        let installation = outside::installation(world, &world.clock(), None)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (server, address) = api::startup::build(installation, listener, ApiSettings::default())?;
        let handle = server.handle();
        tokio::spawn(server);
        let path = format!("/callback/wechatpay/{}/payment", site.id);
        Ok(Self { address, site, path, handle })
    }

    /// Stops it.
    ///
    /// # Errors
    /// The database's.
    pub async fn stop(self) -> Result<(), Failure> {
        self.handle.stop(true).await;
        self.site.raw.close().await?;
        Ok(())
    }
}
