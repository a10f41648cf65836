//! fred.

use fred::error::ErrorKind;
use fred::prelude::*;
use fred::types::RespVersion;
use futures_util::TryStreamExt;
use scene::{Outcome, Place};

struct Adapter(Client);

impl scene::Client for Adapter {
    async fn set(&self, key: &str, value: &str) -> Outcome<String> {
        Ok(self.0.set(key, value, None, None, false).await?)
    }

    async fn get(&self, key: &str) -> Outcome<String> {
        Ok(self.0.get(key).await?)
    }

    async fn incr(&self, key: &str) -> Outcome<i64> {
        Ok(self.0.incr(key).await?)
    }

    async fn pipeline(&self, key: &str, times: i64) -> Outcome<Vec<i64>> {
        let pipe = self.0.pipeline();
        for _ in 0..times {
            let _: () = pipe.incr(key).await?;
        }
        Ok(pipe.all().await?)
    }

    async fn multi(&self, key: &str, copy: &str, value: &str) -> Outcome<(i64, String, String)> {
        let multi = self.0.multi();
        let _: () = multi.incr(key).await?;
        let _: () = multi.set(copy, value, None, None, false).await?;
        let _: () = multi.get(copy).await?;
        Ok(multi.exec(true).await?)
    }

    async fn lua(&self, script: &str, key: &str, arg: &str) -> Outcome<(String, String, i64)> {
        let script = fred::types::scripts::Script::from_lua(script);
        Ok(script.evalsha_with_reload(&self.0, vec![key], vec![arg]).await?)
    }

    async fn scan(&self, pattern: &str) -> Outcome<Vec<String>> {
        let mut found = Vec::new();
        let mut keys = self.0.scan_buffered(pattern, Some(10), None);
        while let Some(key) = keys.try_next().await? {
            found.push(key.into_string().ok_or("a key that is no text")?);
        }
        Ok(found)
    }

    async fn publish(&self, channel: &str, message: &str) -> Outcome<i64> {
        Ok(self.0.publish(channel, message).await?)
    }

    async fn rpush(&self, key: &str, value: &str) -> Outcome<i64> {
        Ok(self.0.rpush(key, value).await?)
    }

    async fn blpop(&self, key: &str, seconds: f64) -> Outcome<Option<(String, String)>> {
        match self.0.blpop(key, seconds).await {
            Err(e) if *e.kind() == ErrorKind::Timeout => Ok(None), // what it makes of a null
            got => Ok(Some(got?)),
        }
    }

    async fn subscribe(&self, channel: &str, subscribed: impl FnOnce(), received: impl Fn(String)) -> Outcome<()> {
        let mut messages = self.0.message_rx();
        self.0.subscribe(channel).await?;
        subscribed();
        loop {
            received(messages.recv().await?.value.convert()?);
        }
    }
}

async fn connect(place: &Place) -> Outcome<Adapter> {
    let mut config = Config::from_url(&place.url)?;
    if let Some(resp3) = place.resp3 {
        config.version = if resp3 { RespVersion::RESP3 } else { RespVersion::RESP2 };
    }
    let client = Builder::from_config(config).build()?;
    client.init().await?;
    Ok(Adapter(client))
}

fn main() {
    scene::play("fred", "10.1.0", connect);
}
