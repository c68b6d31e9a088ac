/**
 * Keep-awake as the front end knows it: from the sidebar, a notification and the palette.
 *
 * Rule: what the server answered is shown until a later reading says the same or otherwise; a
 * button of an old notification never shortens what holds.
 */
import { InputDialog, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import { type ApiError, asApiError, type Client } from './client';
import type { KeepAwake, KeepAwakeState, Status } from './contract';
import { plain } from './notices';
import type { Pod } from './pod';
import * as units from './units';
import type { AwakeActs } from './views/awake';
import { choices } from './views/awakeform';

type Asked = Pick<Client, 'keepAwake' | 'keepAwakeFor' | 'endKeepAwake'>;

/** A status this old may be given again by the server: then it is asked once more. */
const STALE_MS = 1200;

export class Awake implements AwakeActs, IDisposable {
  constructor(
    private readonly client: Asked,
    private readonly pod: Pick<Pod, 'status' | 'refresh'>,
    private readonly trans: TranslationBundle
  ) {}

  /** What the last act was refused with. */
  get failure(): ApiError | null {
    return this._failure;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What holds, by this status or by a younger answer. */
  current(status: Status): KeepAwake | null {
    const { told } = this;
    return told && told.seq >= status.seq ? told.current : status.keep_awake;
  }

  keep = (seconds: number, reason: string): Promise<boolean> =>
    this.attempt(() => this.client.keepAwakeFor({ seconds, reason }));

  end = (): void => {
    void this.attempt(() => this.client.endKeepAwake());
  };

  /** From outside the sidebar: asks for what is missing, and tells the result by a notification. */
  async ask(hours: number | null, reason: string): Promise<void> {
    const { trans } = this;
    try {
      const { current, allowed_seconds: allowed } = await this.client.keepAwake();
      // Where it is not allowed, the server says so in its own words.
      const seconds = hours === null && allowed ? await this.choose(allowed) : (hours ?? 1) * 3600;
      if (seconds === null) {
        return;
      }
      const wanted = allowed ? Math.min(seconds, allowed) : seconds;
      const longer = current && Date.parse(current.until) > Date.now() + wanted * 1000;
      const kept = longer
        ? current
        : this.hold(await this.client.keepAwakeFor({ seconds: wanted, reason }));
      const until = kept ? units.moment(kept.until, new Date().toISOString()) : '';
      Notification.success(trans.__('Kept awake until %1', until), { autoClose: 5000 });
    } catch (error) {
      const { message, hint } = asApiError(error);
      Notification.error(plain(`${message}\n${hint}`), { autoClose: false });
    }
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    clearTimeout(this.timer);
    Signal.clearData(this);
  }

  private async choose(allowed: number): Promise<number | null> {
    const { trans } = this;
    const offered = choices(allowed, 0, trans);
    const { button, value } = await InputDialog.getItem({
      title: trans.__('Keep the notebook awake'),
      label: trans.__('From now on, for'),
      items: offered.map(one => one.label),
      current: Math.min(1, offered.length - 1),
      okLabel: trans.__('Keep awake')
    });
    const chosen = offered.find(one => one.label === value);
    return button.accept && chosen ? chosen.seconds : null;
  }

  /** Shows an answer at once, and looks what has come of it. */
  private hold({ current }: KeepAwakeState): KeepAwake | null {
    this.told = { current, seq: this.pod.status?.seq ?? 0 };
    this._failure = null;
    this._changed.emit();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pod.refresh(), STALE_MS);
    return current;
  }

  private async attempt(act: () => Promise<KeepAwakeState>): Promise<boolean> {
    try {
      this.hold(await act());
      return true;
    } catch (error) {
      this._failure = asApiError(error);
      this._changed.emit();
      return false;
    }
  }

  private told: { current: KeepAwake | null; seq: number } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private _disposed = false;
  private _failure: ApiError | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
