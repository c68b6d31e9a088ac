/** What a person reads while the notebook is away by his own word, and when it is back. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Stage, Way } from '../away';
import * as units from '../units';

export interface AwayProps {
  stage: Stage;
  way: Way;
  /** Since when no server answers, ISO 8601; empty: one does. */
  since: string;
  /** It takes longer than a restart does. */
  long: boolean;
  trans: TranslationBundle;
}

export function AwayView(props: AwayProps): JSX.Element {
  const { stage, way, since, long, trans } = props;
  return (
    <div className="kfnb-Away" role="status">
      <p>
        <strong>{heading(stage, way, trans)}</strong>
      </p>
      {sentences(stage, way, trans).map(text => (
        <p key={text}>{text}</p>
      ))}
      {since && stage === 'away' ? (
        <p className="kfnb-Note">
          {trans.__('No answer since %1. It is asked again by itself.', units.moment(since, since))}
        </p>
      ) : null}
      {long && stage === 'away' && way === 'restart' ? (
        <p className="kfnb-Level kfnb-mod-high">
          {trans.__(
            'This takes longer than usual. Look at the notebook where notebooks are listed: it ' +
              'says there why it does not start.'
          )}
        </p>
      ) : null}
    </div>
  );
}

function heading(stage: Stage, way: Way, trans: TranslationBundle): string {
  if (stage === 'back') {
    return trans.__('This notebook is back.');
  }
  if (way === 'stop') {
    return stage === 'away'
      ? trans.__('This notebook was stopped.')
      : trans.__('This notebook is being stopped.');
  }
  return trans.__('This notebook is restarting.');
}

function sentences(stage: Stage, way: Way, trans: TranslationBundle): string[] {
  if (stage === 'back') {
    return [
      trans.__('Reload the page to go on: what it shows is from before. Kernels have ended.')
    ];
  }
  const lost =
    stage === 'away'
      ? trans.__('Its server does not answer meanwhile: nothing is wrong.')
      : trans.__('Its server stops answering in a moment: nothing is wrong then.');
  const saved = trans.__('Documents were saved before; kernels and terminals end.');
  return way === 'stop'
    ? [lost, saved, trans.__('Start it again where notebooks are listed, then reload this page.')]
    : [lost, saved, trans.__('Reload the page when it is back: this is told here.')];
}
