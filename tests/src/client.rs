//! The HTTP API as a story uses it: a path, a body, and the status that is expected.

use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// A caller of one server, signed in or not.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

/// A client whose calls are an employee's.
pub type Staff = Client;

impl Client {
    /// A caller nobody knows.
    pub fn new(http: &reqwest::Client, base: &str) -> Self {
        Self { http: http.clone(), base: base.to_owned(), token: None }
    }

    /// The same caller with a session's token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller at another server.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Sends a request; answers status and body, whatever they are.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.try_send(method, path, body).await.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// As [`Self::send`], for a server that may die meanwhile.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        Ok((status.as_u16(), serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    async fn expect(&self, status: u16, method: Method, path: &str, body: Option<&Value>) -> Value {
        let (found, answer) = self.send(method.clone(), path, body).await;
        assert_eq!(found, status, "{method} {path}: {answer}");
        answer
    }

    /// GET.
    pub async fn get(&self, status: u16, path: &str) -> Value {
        self.expect(status, Method::GET, path, None).await
    }

    /// POST.
    pub async fn post(&self, status: u16, path: &str, body: &Value) -> Value {
        self.expect(status, Method::POST, path, Some(body)).await
    }

    /// PUT.
    pub async fn put(&self, status: u16, path: &str, body: &Value) -> Value {
        self.expect(status, Method::PUT, path, Some(body)).await
    }

    /// A request that is answered with a file: its headers and its bytes.
    pub async fn file(&self, method: Method, path: &str, body: Option<&Value>) -> (HeaderMap, Vec<u8>) {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        assert_eq!(status, StatusCode::OK, "{method} {path}: {}", String::from_utf8_lossy(&bytes));
        (headers, bytes)
    }

    /// DELETE.
    pub async fn delete(&self, status: u16, path: &str) -> Value {
        self.expect(status, Method::DELETE, path, None).await
    }

    /// A request with headers, as a browser sends one: status and headers of the answer.
    pub async fn with_headers(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: Option<&Value>,
    ) -> (u16, HeaderMap) {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.headers().clone())
    }

    /// POSTs bytes with headers, as a callback does.
    pub async fn callback(&self, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> u16 {
        let mut request = self.http.post(format!("{}{path}", self.base)).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.send().await.map_or(StatusCode::GATEWAY_TIMEOUT, |answer| answer.status()).as_u16()
    }
}
