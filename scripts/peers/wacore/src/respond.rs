//! A server made of the crates' Noise primitives: a client's side alone is what they bring whole.

use std::error::Error;
use std::io::{Read, Write, stdin, stdout};

use serde_json::{Value, json};
use wacore_noise::NoiseHandshake;
use waproto::buffa::MessageField;
use waproto::codec::{handshake_message_decode, handshake_message_to_vec};
use waproto::whatsapp::HandshakeMessage;
use waproto::whatsapp::handshake_message::ServerHello;

type Failure = Box<dyn Error>;

/// Standard input and output are the socket. Makes the handshake with the keys of `config`, hears one transport
/// message, says one, and tells what came as JSON on standard error. Keys and messages are hex.
pub fn respond(config: &Value) -> Result<(), Failure> {
    let part = |name: &str| -> Result<Vec<u8>, Failure> {
        Ok(hex::decode(config[name].as_str().ok_or("a part is missing")?)?)
    };
    let mut header = vec![0; part("header")?.len()];
    stdin().read_exact(&mut header)?;
    let mut noise = NoiseHandshake::new(wacore_binary::consts::NOISE_PATTERN_XX, &header)?;

    let hello = handshake_message_decode(&read_frame()?)?
        .client_hello
        .into_option()
        .ok_or("no client hello")?;
    let client_ephemeral = hello.ephemeral.ok_or("no ephemeral key")?;
    noise.authenticate(&client_ephemeral);

    let ephemeral = part("ephemeral")?;
    noise.authenticate(&part("ephemeralPublic")?);
    noise.mix_shared_secret(&ephemeral, &client_ephemeral)?;
    let encrypted = noise.encrypt(&part("staticPublic")?)?;
    noise.mix_shared_secret(&part("static")?, &client_ephemeral)?;
    let server_hello = ServerHello {
        ephemeral: Some(part("ephemeralPublic")?),
        r#static: Some(encrypted),
        payload: Some(noise.encrypt(&part("payload")?)?),
        ..Default::default()
    };
    write_frame(&handshake_message_to_vec(&HandshakeMessage {
        server_hello: MessageField::some(server_hello),
        ..Default::default()
    }))?;

    let finish = handshake_message_decode(&read_frame()?)?
        .client_finish
        .into_option()
        .ok_or("no client finish")?;
    let client_static = noise.decrypt(&finish.r#static.ok_or("no static key")?)?;
    noise.mix_shared_secret(&ephemeral, &client_static)?;
    let client_payload = noise.decrypt(&finish.payload.ok_or("no payload")?)?;

    // In the client's words: what it writes with, this end reads with.
    let (reading, writing) = noise.finish()?;
    let mut heard = read_frame()?;
    reading.decrypt_in_place_with_counter(0, &mut heard)?;
    write_frame(&writing.encrypt_with_counter(0, &part("say")?)?)?;
    let told = json!({
        "clientStatic": hex::encode(client_static),
        "clientPayload": hex::encode(client_payload),
        "heard": hex::encode(heard),
    });
    eprintln!("{told}");
    Ok(())
}

fn read_frame() -> Result<Vec<u8>, Failure> {
    let mut length = [0; 4];
    stdin().read_exact(&mut length[1..])?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize];
    stdin().read_exact(&mut body)?;
    Ok(body)
}

fn write_frame(body: &[u8]) -> Result<(), Failure> {
    let mut out = stdout().lock();
    out.write_all(&u32::try_from(body.len())?.to_be_bytes()[1..])?;
    out.write_all(body)?;
    Ok(out.flush()?)
}
