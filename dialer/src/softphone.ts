/** SIP over WebSocket (RFC 7118), sound over WebRTC. A file of its own, loaded only where a browser is to be a phone. */

import JsSIP from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IncomingRTCSessionEvent, UA } from 'jssip/lib/UA';

const USUAL = '0.5';
const FIRST = '1.0';
const PREFER_MS = 1500; // a server that is slower than that need not be waited for

/** Where to register, and as whom. address: ws: or wss: URL; uri: the address-of-record. */
export interface Line {
  address: string;
  uri: string;
  user: string;
  password: string;
}

export interface Listener {
  /** Whether calls arrive here now. */
  registered(isRegistered: boolean): void;
  ringing(name: string): void;
  joined(): void;
  /** why: '' = it has been hung up in the usual way. */
  ended(why: '' | 'microphone' | 'failed'): void;
}

export class Softphone {
  private readonly agent: UA;
  private readonly sound = new Audio();
  private session: RTCSession | null = null;
  private registered = (): void => {}; // who waits for the next answer of the registrar

  constructor(
    line: Line,
    private readonly listener: Listener,
  ) {
    this.agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(line.address)],
      uri: line.uri,
      authorization_user: line.user,
      password: line.password,
      display_name: 'RingOut',
      register_expires: 300,
      session_timers: true,
      user_agent: 'RingOut dialer',
    });
    this.agent.on('registered', () => {
      this.registered();
      listener.registered(true);
    });
    this.agent.on('unregistered', () => listener.registered(false));
    this.agent.on('registrationFailed', () => listener.registered(false));
    this.agent.on('disconnected', () => listener.registered(false));
    this.agent.on('newRTCSession', (event: IncomingRTCSessionEvent) => this.called(event.session));
    this.weigh(USUAL);
    this.agent.start();
  }

  /** Of all the browsers that are this phone the one with the highest weight (q of RFC 3261 section 20.10) is rung. */
  private weigh(q: string): void {
    this.agent.registrator().setExtraContactParams({ q });
  }

  /** Calls of the next moments are to ring in this browser and no other one. Resolves when the server knows it. */
  async prefer(): Promise<void> {
    this.weigh(FIRST);
    const known = new Promise<void>((done) => {
      this.registered = done;
      setTimeout(done, PREFER_MS);
    });
    this.agent.register();
    await known;
    this.weigh(USUAL); // from the next refresh on
  }

  /** Takes the phone out of service. */
  stop(): void {
    this.agent.stop();
    this.sound.srcObject = null;
  }

  private called(session: RTCSession): void {
    if (this.session) return session.terminate({ status_code: 486 });
    this.session = session;
    // The track comes with the offer, before anybody has answered: nothing of it may be missed.
    session.on('peerconnection', ({ peerconnection }) => {
      peerconnection.addEventListener('track', ({ streams, track }) => this.hear(streams[0] ?? new MediaStream([track])));
    });
    session.on('confirmed', () => this.listener.joined());
    session.on('ended', () => this.over(''));
    session.on('failed', ({ originator, cause }) => {
      const isOurs = originator === 'local' && cause !== 'Rejected' && cause !== 'Canceled';
      this.over(cause === 'User Denied Media Access' ? 'microphone' : isOurs ? 'failed' : '');
    });
    this.listener.ringing(session.remote_identity.display_name || session.remote_identity.uri.user);
  }

  private hear(stream: MediaStream): void {
    this.sound.srcObject = stream;
    this.sound.play().catch(() => undefined); // a browser that wants a click first plays it after the next one
  }

  private over(why: '' | 'microphone' | 'failed'): void {
    this.session = null;
    this.sound.srcObject = null;
    this.listener.ended(why);
  }

  answer(): void {
    // No servers for ICE: the other end is RingOut itself, which has an address that can be reached.
    this.session?.answer({ mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } });
  }

  hangUp(): void {
    const session = this.session;
    if (!session) return;
    session.terminate(session.isEstablished() ? {} : { status_code: 603 });
  }

  /** A key that is quicker than the encryption goes out once that stands. */
  press(key: string): void {
    const session = this.session;
    if (!session) return;
    const line = session.connection;
    if (line.connectionState === 'connected') {
      session.sendDTMF(key, { transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833, duration: 120 });
    } else {
      line.addEventListener('connectionstatechange', () => this.press(key), { once: true });
    }
  }

  mute(isMuted: boolean): void {
    if (isMuted) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }
}
