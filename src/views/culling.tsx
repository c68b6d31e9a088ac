/** When the cluster stops this pod for want of use, and whether somebody asked it not to. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Culling, KeepAwake, Unavailable } from '../contract';
import * as units from '../units';
import { Reason } from './reason';

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
  const { forecast, text, hint, heartbeat } = culling;
  const kept = keep_awake
    ? trans.__('Kept awake until %1. %2', units.moment(keep_awake.until, now), keep_awake.reason)
    : '';
  const notes = [kept, text, forecast.hint, hint, heartbeat].filter(Boolean);
  return (
    <div className="kfnb-Culling">
      <p>{forecast.text}</p>
      {notes.map(note => (
        <p className="kfnb-Note" key={note}>
          {note}
        </p>
      ))}
    </div>
  );
}
