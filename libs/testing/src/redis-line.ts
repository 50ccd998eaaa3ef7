import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Speaks to Redis by lines, as a person would by telnet: no client adds or hides anything. */
export class RedisLine {
  private constructor(private readonly socket: Socket) {}

  /** @param url of the server; says who we are when it has a user */
  static async open(url: string): Promise<RedisLine> {
    const { hostname, port, username, password } = new URL(url);
    const socket = connect(Number(port || '6379'), hostname);
    await once(socket, 'connect');
    const line = new RedisLine(socket);
    if (username !== '') {
      const answer = await line.say(`auth ${username} ${decodeURIComponent(password)}`);
      if (answer !== '+OK') throw new Error(answer);
    }
    return line;
  }

  /** @returns the answer's first line */
  async say(line: string): Promise<string> {
    this.socket.write(`${line}\r\n`);
    const [answer] = (await once(this.socket, 'data')) as [Buffer];
    return answer.toString('utf8').split('\r\n')[0] ?? '';
  }

  close(): void {
    this.socket.destroy();
  }
}
