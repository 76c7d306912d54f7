// A small SFU: what is published to /whip is played from /whep, to anybody who asks, over RTP as it came.
// Says on which port it listens, in a line of its own.
import http from "node:http";
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters } from "werift";

const feedback = [{ type: "nack" }, { type: "nack", parameter: "pli" }];
const vp8 = new RTCRtpCodecParameters({ mimeType: "video/VP8", clockRate: 90000, rtcpFeedback: feedback });
const made = () =>
  new RTCPeerConnection({ codecs: { video: [vp8] }, iceServers: [], iceAdditionalHostAddresses: ["127.0.0.1"] });
const players = new Set();
const sessions = new Map();
let publisher;

const askForKeyframe = () => publisher?.receiver.sendRtcpPLI(publisher.track.ssrc);

async function published(peer, offer) {
  peer.ontrack = ({ track, transceiver }) => {
    if (track.kind !== "video") return;
    publisher = { track, receiver: transceiver.receiver };
    track.onReceiveRtp.subscribe((packet) => players.forEach((player) => player.writeRtp(packet.clone())));
  };
  return answered(peer, offer);
}

async function played(peer, offer) {
  const track = new MediaStreamTrack({ kind: "video" });
  const transceiver = peer.addTransceiver(track, { direction: "sendonly" });
  transceiver.sender.onPictureLossIndication.subscribe(askForKeyframe);
  players.add(track);
  peer.connectionStateChange.subscribe((state) => {
    if (state === "connected") askForKeyframe();
    if (state === "closed" || state === "failed") players.delete(track);
  });
  return answered(peer, offer);
}

async function answered(peer, offer) {
  await peer.setRemoteDescription({ type: "offer", sdp: offer });
  await peer.setLocalDescription(await peer.createAnswer());
  return peer.localDescription.sdp;
}

async function bodyOf(request) {
  let body = "";
  for await (const part of request) body += part;
  return body;
}

const cors = { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*", "Access-Control-Allow-Methods": "*" };

async function respond(request, response) {
  const serve = { "POST /whip": published, "POST /whep": played }[`${request.method} ${request.url}`];
  if (request.method === "OPTIONS") return response.writeHead(204, cors).end();
  if (request.method === "DELETE" && sessions.has(request.url)) {
    await sessions.get(request.url).close();
    sessions.delete(request.url);
    return response.writeHead(200, cors).end();
  }
  if (!serve) return response.writeHead(404, cors).end();
  if (serve === played && !publisher) return response.writeHead(409, { ...cors, "Retry-After": "1" }).end();
  const [peer, location] = [made(), `/session/${sessions.size}`];
  sessions.set(location, peer);
  const answer = await serve(peer, await bodyOf(request));
  return response.writeHead(201, { ...cors, "Content-Type": "application/sdp", Location: location }).end(answer);
}

const server = http.createServer((request, response) =>
  respond(request, response).catch((error) => response.writeHead(400, cors).end(String(error))),
);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
