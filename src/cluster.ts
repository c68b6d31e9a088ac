/**
 * The cluster around this notebook, as the sidebar knows it.
 *
 * Rule: it is asked when somebody opens the section or presses the button, and never by a clock.
 */
import { type ISignal, Signal } from '@lumino/signaling';
import { type ApiError, asApiError, type Client } from './client';
import type { Cluster } from './contract';

export class ClusterModel {
  constructor(private readonly client: Pick<Client, 'cluster'>) {}

  /** The last look; null before the first answer. */
  get found(): Cluster | null {
    return this._found;
  }

  /** Why the last question had no answer. */
  get failure(): ApiError | null {
    return this._failure;
  }

  get asking(): boolean {
    return this._asking;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Somebody has opened the section: the server may answer from its last look. */
  open = (): void => {
    void this.ask(false);
  };

  /** Somebody wants to know anew, also what the service account may. */
  refresh = (): void => {
    void this.ask(true);
  };

  dispose(): void {
    Signal.clearData(this);
  }

  private async ask(fresh: boolean): Promise<void> {
    if (this._asking) {
      return;
    }
    this._asking = true;
    this._changed.emit();
    try {
      this._found = await this.client.cluster(fresh);
      this._failure = null;
    } catch (error) {
      this._failure = asApiError(error);
    }
    this._asking = false;
    this._changed.emit();
  }

  private _found: Cluster | null = null;
  private _failure: ApiError | null = null;
  private _asking = false;
  private readonly _changed = new Signal<this, void>(this);
}
