/** How whole volumes are restored: this notebook goes back, a new one, or one volume more. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Power, RestoreRequest, RestoreWay } from '../contract';

export interface WayProps {
  request: RestoreRequest;
  /** What its engine can do here. */
  ways: readonly Power[];
  onChange: (changes: Partial<RestoreRequest>) => void;
  trans: TranslationBundle;
}

export function WayView({ request, ways, onChange, trans }: WayProps): JSX.Element {
  const chosen = request.way ?? 'in_place';
  return (
    <fieldset className="kfnb-Ways">
      <legend>{trans.__('How?')}</legend>
      {named(ways, trans).map(([way, text]) => (
        <label key={way} className="kfnb-Check">
          <input
            type="radio"
            name="kfnb-way"
            checked={way === chosen}
            onChange={() => onChange({ way, unguarded: false })}
          />
          <span>{text}</span>
        </label>
      ))}
      {chosen === 'new_notebook' ? (
        <Words
          label={trans.__('Name of the new notebook (empty: one is found)')}
          value={request.name ?? ''}
          onWords={name => onChange({ name })}
        />
      ) : null}
      {chosen === 'data_volume' ? (
        <Words
          label={trans.__('Mounted at (empty: beside your files)')}
          value={request.mount ?? ''}
          onWords={mount => onChange({ mount })}
        />
      ) : null}
    </fieldset>
  );
}

function named(ways: readonly Power[], trans: TranslationBundle): [RestoreWay, string][] {
  const texts: [RestoreWay, string][] = [
    ['in_place', trans.__('This notebook goes back (it restarts)')],
    ['new_notebook', trans.__('A new notebook beside this one')],
    ['data_volume', trans.__('As a data volume in this notebook (it restarts)')]
  ];
  return texts.filter(([way]) => ways.includes(way));
}

interface WordsProps {
  label: string;
  value: string;
  onWords: (words: string) => void;
}

/** Asked only when the words are whole: each question costs the cluster several requests. */
function Words({ label, value, onWords }: WordsProps): JSX.Element {
  const [words, setWords] = React.useState(value);
  const done = (): void => {
    if (words !== value) {
      onWords(words);
    }
  };
  return (
    <label className="kfnb-Field">
      <span>{label}</span>
      <input
        type="text"
        className="jp-mod-styled"
        value={words}
        onChange={event => setWords(event.target.value)}
        onBlur={done}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            // Enter would press the dialog's button.
            event.stopPropagation();
            done();
          }
        }}
      />
    </label>
  );
}
