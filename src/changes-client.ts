/** The routes that change this notebook in the cluster, and those of the environment. */
import { type Client, place } from './client';
import type {
  EnvironmentChanges,
  GrowPlan,
  GrowRequest,
  Operation,
  PatchList,
  PatchPlan,
  PatchRequest,
  Snapshot,
  StopRequest,
  Text
} from './contract';

export class ChangesClient {
  constructor(private readonly client: Pick<Client, 'request'>) {}

  previewGrowth(claim: string, request: GrowRequest): Promise<GrowPlan> {
    return this.client.request(
      'POST',
      `claims/${encodeURIComponent(claim)}/grow/preview`,
      {},
      request
    );
  }

  grow(claim: string, request: GrowRequest): Promise<Operation> {
    return this.client.request('POST', `claims/${encodeURIComponent(claim)}/grow`, {}, request);
  }

  patches(): Promise<PatchList> {
    return this.client.request('GET', 'patches');
  }

  previewPatch(request: PatchRequest): Promise<PatchPlan> {
    return this.client.request('POST', 'patches/preview', {}, request);
  }

  patch(request: PatchRequest): Promise<Operation> {
    return this.client.request('POST', 'patches', {}, request);
  }

  previewUnpatch(id: string): Promise<PatchPlan> {
    return this.client.request('POST', `patches/${encodeURIComponent(id)}/undo/preview`, {}, {});
  }

  unpatch(id: string): Promise<Operation> {
    return this.client.request('POST', `patches/${encodeURIComponent(id)}/undo`, {}, {});
  }

  endNotebook(what: 'stop' | 'restart', request: StopRequest): Promise<Operation> {
    return this.client.request('POST', `notebook/${what}`, {}, request);
  }

  /** What changed since a snapshot. */
  environmentChanges(snapshot: Snapshot): Promise<EnvironmentChanges> {
    return this.client.request('GET', `${place(snapshot)}/environment/changes`);
  }

  environmentFile(snapshot: Snapshot, format: 'requirements' | 'notebook'): Promise<Text> {
    return this.client.request('GET', `${place(snapshot)}/environment`, { format });
  }
}
