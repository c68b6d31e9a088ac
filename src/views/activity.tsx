/** Whether the pod counts as used, since when, and why. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Activity, Reason as Because, Unavailable } from '../contract';
import * as units from '../units';
import { Words } from './code';
import { Reason } from './reason';

export interface ActivityProps {
  activity: Activity | Unavailable;
  /** ISO 8601, by the clock of the server. */
  now: string;
  trans: TranslationBundle;
}

export function ActivityView({ activity, now, trans }: ActivityProps): JSX.Element {
  if (activity.kind === 'unavailable') {
    return <Reason reason={activity.reason} hint={activity.hint} />;
  }
  return (
    <div className={activity.in_use ? 'kfnb-Activity kfnb-mod-inUse' : 'kfnb-Activity'}>
      <p className="kfnb-Activity-verdict" aria-live="polite">
        {verdict(activity, now, trans)}
      </p>
      <Reasons
        said={yoursFirst(activity.reasons).map(reason =>
          sentence(reason, activity.in_use, now, trans)
        )}
        trans={trans}
      />
      {activity.unknown.map(text => (
        <p className="kfnb-Note" key={text}>
          {trans.__('Not seen: %1', text)}
        </p>
      ))}
    </div>
  );
}

/** More than these are folded away: one reason is enough to be in use. */
const FIRST = 3;

/** What a person started in a notebook says more to them than a process of some name. */
function yoursFirst(reasons: readonly Because[]): Because[] {
  const rank = ({ kind }: Because): number => (kind === 'kernel_busy' || kind === 'kernel' ? 0 : 1);
  return [...reasons].sort((one, other) => rank(one) - rank(other));
}

function Reasons({ said, trans }: { said: string[]; trans: TranslationBundle }): JSX.Element {
  const [first, more] = [said.slice(0, FIRST), said.slice(FIRST)];
  const list = (part: string[]): JSX.Element[] =>
    part.map((text, i) => (
      <li key={i}>
        <Words text={text} />
      </li>
    ));
  return (
    <>
      {first.length ? <ul className="kfnb-Activity-reasons">{list(first)}</ul> : null}
      {more.length ? (
        <details className="kfnb-Activity-more">
          <summary>{trans._n('%1 more reason', '%1 more reasons', more.length)}</summary>
          <ul className="kfnb-Activity-reasons">{list(more)}</ul>
        </details>
      ) : null}
    </>
  );
}

/** "In use" or "Idle for 12 min". */
export function verdict(activity: Activity, now: string, trans: TranslationBundle): string {
  if (activity.in_use) {
    return trans.__('In use');
  }
  const age = units.between(activity.last_use, now);
  // Read aloud at each change: seconds would never be silent.
  return age < 60
    ? trans.__('Idle for less than a minute')
    : trans.__('Idle for %1', units.duration(age, trans));
}

function sentence(reason: Because, inUse: boolean, now: string, trans: TranslationBundle): string {
  if (!reason.since) {
    return reason.text;
  }
  const at = units.moment(reason.since, now);
  return inUse
    ? trans.__('%1 since %2', reason.text, at)
    : trans.__('Last sign of use: %1 (%2)', reason.text, at);
}
