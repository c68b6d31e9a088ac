/** Keep-awake: asked for, shown with its end and its reason, extended and ended. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ApiError } from '../client';
import type { KeepAwake } from '../contract';
import * as units from '../units';
import { AwakeForm } from './awakeform';
import { Reason } from './reason';

export interface AwakeActs {
  /** From now on; resolves to whether the server agreed. */
  keep(seconds: number, reason: string): Promise<boolean>;
  end(): void;
}

export interface AwakeProps {
  current: KeepAwake | null;
  /** Seconds at once; 0: not at all. */
  allowed: number;
  /** Why it cannot be asked for; empty: it can. */
  refused: string;
  failure: ApiError | null;
  now: string;
  acts: AwakeActs;
  trans: TranslationBundle;
}

export function AwakeView(props: AwakeProps): JSX.Element {
  const { current, allowed, refused, failure, now, acts, trans } = props;
  const [open, setOpen] = React.useState(false);
  const opener = React.useRef<HTMLButtonElement>(null);
  const wasOpen = React.useRef(false);
  React.useEffect(() => {
    // Whoever used the keyboard goes on where they came from.
    if (wasOpen.current && !open) {
      opener.current?.focus();
    }
    wasOpen.current = open;
  }, [open]);
  const keep = async (seconds: number, reason: string): Promise<void> => {
    if (await acts.keep(seconds, reason)) {
      setOpen(false);
    }
  };
  const button = current ? trans.__('Extend…') : trans.__('Keep awake…');
  return (
    <div className="kfnb-Awake">
      <div aria-live="polite">
        {current ? <Kept current={current} now={now} trans={trans} /> : null}
      </div>
      {open && !refused ? (
        <AwakeForm
          current={current}
          allowed={allowed}
          now={now}
          onKeep={keep}
          onCancel={() => setOpen(false)}
          trans={trans}
        />
      ) : (
        <div className="kfnb-Buttons">
          <button
            type="button"
            ref={opener}
            className="kfnb-Button"
            disabled={refused !== ''}
            aria-describedby={refused ? 'kfnb-awake-refused' : undefined}
            onClick={() => setOpen(true)}
          >
            {button}
          </button>
          {current ? (
            <button type="button" className="kfnb-Button" onClick={() => acts.end()}>
              {trans.__('End')}
            </button>
          ) : null}
        </div>
      )}
      {refused ? (
        <p className="kfnb-Note" id="kfnb-awake-refused">
          {refused}
        </p>
      ) : null}
      {failure ? <Reason reason={failure.message} hint={failure.hint} alert /> : null}
    </div>
  );
}

function Kept({
  current,
  now,
  trans
}: Pick<AwakeProps, 'now' | 'trans'> & {
  current: KeepAwake;
}): JSX.Element {
  const { until, reason, by } = current;
  return (
    <>
      <p className="kfnb-Awake-until">
        {trans.__('Kept awake until %1', units.moment(until, now))}
      </p>
      {reason ? <p className="kfnb-Note">{trans.__('Reason: %1', reason)}</p> : null}
      <p className="kfnb-Note">{trans.__('Asked for by %1.', by)}</p>
    </>
  );
}
