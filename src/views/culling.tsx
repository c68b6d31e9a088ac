/** When the cluster stops this pod for want of use, and whether its culler looks at all. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Culling, KeepAwake, Sight, Unavailable } from '../contract';
import * as units from '../units';
import { Words } from './code';
import { Reason } from './reason';

/** The culler stops it by what it knew before: it does not see what runs. */
const BLIND: readonly Sight[] = ['cannot_reach', 'refused'];

export interface CullingProps {
  culling: Culling | Unavailable;
  keep_awake: KeepAwake | null;
  now: string;
  trans: TranslationBundle;
}

export function CullingView({ culling, keep_awake, now, trans }: CullingProps): JSX.Element {
  if (culling.kind === 'unavailable') {
    return <Reason reason={culling.reason} hint={culling.hint} />;
  }
  const { forecast, heartbeat } = culling;
  const stop = headline(culling, keep_awake, now, trans);
  // A culler that does not look is said once, as the diagnosis.
  const notes = [forecast.text, forecast.hint].filter(
    note => note && ![stop, culling.text, culling.hint].includes(note)
  );
  return (
    <div className="kfnb-Culling">
      {stop ? <p className="kfnb-Culling-stop">{stop}</p> : null}
      <Notes notes={notes} />
      <Diagnosis culling={culling} now={now} trans={trans} />
      <Notes notes={heartbeat ? [heartbeat] : []} />
    </div>
  );
}

function Notes({ notes }: { notes: readonly string[] }): JSX.Element {
  return (
    <>
      {notes.map(note => (
        <p className="kfnb-Note" key={note}>
          <Words text={note} />
        </p>
      ))}
    </>
  );
}

/** When it stops or that it does not; what is not known is said as such, without a time. */
function headline(
  { culler, forecast, idle_minutes, sight }: Culling,
  awake: KeepAwake | null,
  now: string,
  trans: TranslationBundle
): string {
  if (!forecast.known) {
    return ['never', 'stopped'].includes(sight) ? '' : forecast.text;
  }
  if (forecast.stops_at) {
    const left = units.between(now, forecast.stops_at);
    const at = units.moment(forecast.stops_at, now);
    return left < 60
      ? trans.__('Stops any moment now if nothing happens.')
      : trans.__('Stops at %1 if nothing happens (in %2).', at, units.duration(left, trans));
  }
  if (idle_minutes === null || (culler === 'workspaces' && BLIND.includes(sight))) {
    return forecast.text; // no rule stops it, or the rule does not while its looks fail
  }
  if (BLIND.includes(sight)) {
    return trans.__('It may be stopped although it is used.');
  }
  return awake
    ? trans.__('Does not stop: it is kept awake.')
    : trans.__('Does not stop: it is in use.');
}

/** Why nobody can rely on the culler, with what to tell the administrator. */
function Diagnosis({
  culling,
  now,
  trans
}: Omit<CullingProps, 'keep_awake' | 'culling'> & {
  culling: Culling;
}): JSX.Element | null {
  const { sight, text, hint, last_look, period_seconds } = culling;
  if (!text) {
    return null;
  }
  if (hint) {
    return (
      <div className={BLIND.includes(sight) ? 'kfnb-Level kfnb-mod-full' : 'kfnb-Level'}>
        <p>
          <Words text={text} />
        </p>
        <p className="kfnb-Note">
          <Words text={hint} />
        </p>
      </div>
    );
  }
  const looked = last_look ? trans.__('Last at %1.', units.moment(last_look, now)) : '';
  const often = period_seconds
    ? trans.__('About every %1.', units.duration(period_seconds, trans))
    : '';
  return <p className="kfnb-Note">{[text, looked, often].filter(Boolean).join(' ')}</p>;
}
