/**
 * The routes of the server part, `{base_url}kfnb/v1/...`, one method each.
 *
 * Rule: every request says that it is no sign of use (`no_track_activity=1`), and whatever goes
 * wrong becomes an ApiError that a person can read.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type {
  ClearRequest,
  Cleared,
  Cluster,
  CreateRequest,
  EndRequest,
  EntryList,
  Filling,
  GpuEndRequest,
  GpuEnded,
  KeepAwakeRequest,
  KeepAwakeState,
  Kept,
  Operation,
  RemoveRequest,
  RestorePlan,
  RestoreRequest,
  ScanRequest,
  Snapshot,
  SnapshotList,
  Status,
  UndoRequest
} from './contract';

type Query = Record<string, string>;
type Method = 'GET' | 'POST' | 'DELETE';

/** What went wrong, in words. `status` 0: the server did not answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint: string
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** The server is away (restarting, network lost) and may be back without our doing. */
  get passing(): boolean {
    return [0, 502, 503, 504].includes(this.status);
  }
}

export class Client {
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly trans: TranslationBundle
  ) {}

  /** All readings, with the points after `since` (0: all of the last ten minutes). */
  status(since: number): Promise<Status> {
    return this.request('GET', 'status', { since: String(since) });
  }

  snapshots(): Promise<SnapshotList> {
    return this.request('GET', 'snapshots');
  }

  create(request: CreateRequest): Promise<Operation> {
    return this.request('POST', 'snapshots', {}, request);
  }

  verify(snapshot: Snapshot): Promise<Operation> {
    return this.request('POST', `${place(snapshot)}/verify`, {}, {});
  }

  delete(snapshot: Snapshot): Promise<Operation> {
    return this.request('DELETE', place(snapshot));
  }

  /** Lets go what a restore left behind. */
  release({ kind, name }: Kept): Promise<Operation> {
    return this.request('DELETE', `kept/${kind}/${encodeURIComponent(name)}`);
  }

  files(snapshot: Snapshot, path: string): Promise<EntryList> {
    return this.request('GET', `${place(snapshot)}/files`, { path });
  }

  /** Where a file of a snapshot can be downloaded from. */
  contentUrl(snapshot: Snapshot, path: string): string {
    return this.url(`${place(snapshot)}/content`, { path });
  }

  preview(request: RestoreRequest): Promise<RestorePlan> {
    return this.request('POST', 'restores/preview', {}, request);
  }

  restore(request: RestoreRequest): Promise<Operation> {
    return this.request('POST', 'restores', {}, request);
  }

  previewUndo(restore: string): Promise<RestorePlan> {
    return this.request('POST', `restores/${encodeURIComponent(restore)}/undo/preview`, {}, {});
  }

  undo(restore: string, request: UndoRequest): Promise<Operation> {
    return this.request('POST', `restores/${encodeURIComponent(restore)}/undo`, {}, request);
  }

  /** One folder of the last scan; "" is the top. */
  filling(path: string): Promise<Filling> {
    return this.request('GET', 'filling', { path });
  }

  scan(request: ScanRequest): Promise<Operation> {
    return this.request('POST', 'filling/scan', {}, request);
  }

  remove(request: RemoveRequest): Promise<Operation> {
    return this.request('POST', 'filling/remove', {}, request);
  }

  emptyTrash(): Promise<Operation> {
    return this.request('POST', 'filling/empty-trash', {}, {});
  }

  endOrphans(request: EndRequest): Promise<Cleared> {
    return this.request('POST', 'shm/end', {}, request);
  }

  clearShm(request: ClearRequest): Promise<Cleared> {
    return this.request('POST', 'shm/clear', {}, request);
  }

  endGpuProcess(request: GpuEndRequest): Promise<GpuEnded> {
    return this.request('POST', 'gpu/end', {}, request);
  }

  /** The cluster around this notebook; `fresh`: ask it anew, whatever was known. */
  cluster(fresh: boolean): Promise<Cluster> {
    return this.request('GET', 'cluster', fresh ? { fresh: '1' } : {});
  }

  /** What is asked for at the moment, and how much may be. */
  keepAwake(): Promise<KeepAwakeState> {
    return this.request('GET', 'keep-awake');
  }

  keepAwakeFor(request: KeepAwakeRequest): Promise<KeepAwakeState> {
    return this.request('POST', 'keep-awake', {}, request);
  }

  endKeepAwake(): Promise<KeepAwakeState> {
    return this.request('DELETE', 'keep-awake');
  }

  cancel(operation: string): Promise<void> {
    return this.request('DELETE', `operations/${encodeURIComponent(operation)}`);
  }

  private url(path: string, query: Query): string {
    const search = new URLSearchParams({ ...query, no_track_activity: '1' });
    return `${URLExt.join(this.settings.baseUrl, 'kfnb/v1', path)}?${search.toString()}`;
  }

  /** Any of our routes. */
  async request<T>(method: Method, path: string, query: Query = {}, body?: object): Promise<T> {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(this.url(path, query), init, this.settings);
    } catch {
      throw this.away();
    }
    const answer = await json(response);
    if (!response.ok) {
      throw this.refusal(response.status, answer);
    }
    return answer as T;
  }

  private away(): ApiError {
    const { trans } = this;
    return new ApiError(
      0,
      trans.__('The server does not answer.'),
      trans.__('It is asked again by itself; nothing is lost.')
    );
  }

  private refusal(status: number, answer: unknown): ApiError {
    const { trans } = this;
    if (isErrorBody(answer)) {
      return new ApiError(status, answer.message, answer.hint ?? '');
    }
    if (status === 404) {
      return new ApiError(
        status,
        trans.__('The server part of kfnb-ext is not running here.'),
        trans.__('Run "jupyter server extension list": it says why.')
      );
    }
    return new ApiError(
      status,
      trans.__('The server answered with status %1.', status),
      trans.__('The log of the server says more.')
    );
  }
}

/** The route of a snapshot. */
export function place(snapshot: Snapshot): string {
  const [engine, id] = [snapshot.engine, snapshot.id].map(encodeURIComponent);
  return `snapshots/${engine}/${id}`;
}

/** The body as JSON, or null when it is none (a proxy's error page, an empty 204). */
async function json(response: Response): Promise<unknown> {
  try {
    return JSON.parse(await response.text()) as unknown;
  } catch {
    return null;
  }
}

function isErrorBody(body: unknown): body is { message: string; hint?: string } {
  return (
    typeof body === 'object' &&
    body !== null &&
    typeof (body as { message?: unknown }).message === 'string' &&
    (body as { message: string }).message !== ''
  );
}

/** Any error as one that a person can read. */
export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(-1, String(error), '');
}
