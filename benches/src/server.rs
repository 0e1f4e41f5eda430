//! The real server in this process, WeChat Pay's hand that signs to it, and the light client that plays WeChat Pay.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_server_handle::ServerHandle;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::SecondsFormat;
use gateway::wechat_pay::Signer;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use secrecy::SecretString;
use serde_json::json;
use service::audit::By;
use service::installation::Installation;
use service::setup::{self, NewMerchant, NewVerifier, ProjectChannels};
use service::shared::InProcess;

use crate::Failure;
use crate::world::{Site, World, now};
