/** For how long to keep it awake, and why. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { KeepAwake } from '../contract';
import * as units from '../units';

const HOURS = [1, 2, 4];
const LONGEST_REASON = 200;

export interface Choice {
  seconds: number;
  label: string;
}

/** The usual durations that the site allows, and all that it allows. */
export function choices(allowed: number, left: number, trans: TranslationBundle): Choice[] {
  const usual = HOURS.map(hours => hours * 3600)
    // To extend is never to shorten.
    .filter(seconds => seconds < allowed && seconds > left)
    .map(seconds => ({ seconds, label: units.duration(seconds, trans) }));
  const most = trans.__('%1 (as long as allowed)', units.duration(allowed, trans));
  return [...usual, { seconds: allowed, label: most }];
}

export interface AwakeFormProps {
  /** What is extended; null: nothing holds yet. */
  current: KeepAwake | null;
  allowed: number;
  now: string;
  onKeep: (seconds: number, reason: string) => Promise<void>;
  onCancel: () => void;
  trans: TranslationBundle;
}

export function AwakeForm(props: AwakeFormProps): JSX.Element {
  const { current, allowed, now, onKeep, onCancel, trans } = props;
  const left = current ? units.between(now, current.until) : 0;
  const offered = choices(allowed, left, trans);
  const [chosen, setChosen] = React.useState(2 * 3600);
  const [reason, setReason] = React.useState(current?.reason ?? '');
  const [busy, setBusy] = React.useState(false);
  // Two hours, or the first of what is possible instead.
  const seconds = offered.some(one => one.seconds === chosen) ? chosen : offered[0]!.seconds;
  const submit = async (event: React.FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await onKeep(seconds, reason.trim());
    setBusy(false);
  };
  return (
    <form
      className="kfnb-Take"
      aria-label={current ? trans.__('Extend keep-awake') : trans.__('Keep awake')}
      onSubmit={event => void submit(event)}
    >
      <label className="kfnb-Take-name">
        <span>{trans.__('From now on, for')}</span>
        <select
          className="jp-mod-styled"
          autoFocus
          value={seconds}
          onChange={event => setChosen(Number(event.target.value))}
        >
          {offered.map(one => (
            <option key={one.seconds} value={one.seconds}>
              {one.label}
            </option>
          ))}
        </select>
      </label>
      <label className="kfnb-Take-name">
        <span>{trans.__('Reason (optional)')}</span>
        <input
          type="text"
          className="jp-mod-styled"
          value={reason}
          maxLength={LONGEST_REASON}
          placeholder={trans.__('training')}
          onChange={event => setReason(event.target.value)}
        />
      </label>
      <div className="kfnb-Buttons">
        <button type="submit" className="jp-mod-styled jp-mod-accept" disabled={busy}>
          {current ? trans.__('Extend') : trans.__('Keep awake')}
        </button>
        <button type="button" className="kfnb-Button" onClick={onCancel}>
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}
