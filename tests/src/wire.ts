/** A server at the wire: what goes out is recorded, what comes in is what a test says. */
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';

export const trans = nullTranslator.load('kfnb_ext');

/** What a test answers with: a body, a status with a body, or no answer at all. */
export type Answer = { status?: number; body?: unknown; text?: string } | 'no answer';

export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

export class Wire {
  readonly asked: Asked[] = [];
  /** Questions without an answer as yet. */
  pending = 0;

  constructor(public answer: (asked: Asked) => Answer | Promise<Answer>) {}

  get settings(): ServerConnection.ISettings {
    return ServerConnection.makeSettings({
      baseUrl: 'http://pod/notebook/ns/nb/',
      init: {},
      fetch: ((request: Request) => this.serve(request)) as typeof fetch
    });
  }

  private async serve(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body = await request.text();
    const asked = {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: body ? (JSON.parse(body) as unknown) : undefined
    };
    this.asked.push(asked);
    this.pending += 1;
    const answer = await Promise.resolve(this.answer(asked)).finally(() => (this.pending -= 1));
    if (answer === 'no answer') {
      throw new TypeError('Failed to fetch');
    }
    const text = answer.text ?? JSON.stringify(answer.body ?? null);
    return new Response(text, { status: answer.status ?? 200 });
  }
}
