//! Signs tokens with the crate aws-sigv4. A line "SIGNER SERVICE NAME USER REGION KIND" in, "> TOKEN" out.

use std::env;
use std::error::Error;
use std::io;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{sign, SignableBody, SignableRequest, SignatureLocation, SigningSettings};
use aws_sigv4::sign::v4;

fn main() -> Result<(), Box<dyn Error>> {
    for line in io::stdin().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let [signer, service, name, user, region, kind] = words[..] else {
            return Err("want SIGNER SERVICE NAME USER REGION KIND".into());
        };
        if signer != "rust" {
            return Err(format!("no signer {signer}").into());
        }
        println!("> {}", token(service, name, user, region, kind)?);
    }
    Ok(())
}

fn token(service: &str, name: &str, user: &str, region: &str, kind: &str) -> Result<String, Box<dyn Error>> {
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(Duration::from_secs(900));
    settings.signature_location = SignatureLocation::QueryParams;
    let identity = Credentials::new(
        env::var("AWS_ACCESS_KEY_ID")?,
        env::var("AWS_SECRET_ACCESS_KEY")?,
        env::var("AWS_SESSION_TOKEN").ok().filter(|t| !t.is_empty()),
        None,
        "environment",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(SystemTime::now())
        .settings(settings)
        .build()?
        .into();
    let mut url = format!("https://{name}/?Action=connect&User={user}");
    if kind == "serverless" {
        url.push_str("&ResourceType=ServerlessCache");
    }
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(b""))?;
    let (signed, _) = sign(request, &params)?.into_parts();
    let (_, added) = signed.into_parts();
    for (key, value) in added {
        url.push_str(&format!("&{key}={}", encoded(&value)));
    }
    Ok(url["https://".len()..].to_string())
}

/// Escapes what is not unreserved, as the signature does.
fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => (b as char).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}
