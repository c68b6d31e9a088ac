/**
 * Notifications: what the server tells over Jupyter's own event bus.
 *
 * Rule: one end of an operation, one notification, whoever tells of it first.
 */
import { Notification } from '@jupyterlab/apputils';
import type { Event } from '@jupyterlab/services';
import type { Operation } from './contract';

export const NOTICE = 'https://notebooks.kfnb.dev/events/notice/v1';

type Level = 'info' | 'success' | 'warning' | 'error';

export interface Notice {
  level: Level;
  title: string;
  message: string;
  hint: string;
  operation: string | null;
  /** A button in it. */
  offer?: 'keep_awake' | null;
}

/** What the button of an offer does. */
export interface Offered {
  label: string;
  run: () => void;
}

/** The event says more than the status: it gets so many milliseconds to be the first. */
const GRACE_MS = 1500;
const LEVELS: Record<Operation['state'], Level> = {
  running: 'info',
  succeeded: 'success',
  failed: 'error',
  cancelled: 'info'
};

export class Notices {
  constructor(private readonly offers: { readonly keep_awake?: Offered } = {}) {}

  /** What the event bus delivers; returns the notice when it is one of ours. */
  receive(event: Event.Emission): Notice | null {
    if (event.schema_id !== NOTICE) {
      return null;
    }
    const notice = event as unknown as Notice;
    this.show(notice);
    return notice;
  }

  /** An operation of this sidebar has ended: tells so, unless the server does. */
  ended(operation: Operation): void {
    setTimeout(() => {
      this.show({
        level: LEVELS[operation.state],
        title: operation.title,
        message: operation.message,
        hint: operation.hint,
        operation: operation.id
      });
    }, GRACE_MS);
  }

  private show(notice: Notice): void {
    if (notice.operation !== null) {
      if (this.told.has(notice.operation)) {
        return;
      }
      this.told.add(notice.operation);
    }
    const text = [notice.title, notice.message, notice.hint].filter(Boolean).join('\n');
    // What went wrong stays until it was read.
    const stays = notice.level === 'error' || notice.level === 'warning';
    const offered = notice.offer ? this.offers[notice.offer] : undefined;
    const actions = offered
      ? [{ label: offered.label, callback: offered.run, displayType: 'accent' as const }]
      : [];
    Notification.emit(plain(text), notice.level, { autoClose: stays ? false : 5000, actions });
  }

  private readonly told = new Set<string>();
}

/** Without the backticks that mark code: a notification has no markup. */
export function plain(text: string): string {
  return text.replace(/`([^`]+)`/g, '$1');
}
