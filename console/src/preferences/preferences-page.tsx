/** How this user wants to see things; kept in their browser. */
import { Field, makeStyles, Radio, RadioGroup, Select, tokens } from "@fluentui/react-components";
import { useNow } from "../parts/now.ts";
import { Panel } from "../parts/panel.tsx";
import { Page } from "../shell/page.tsx";
import { bytes, time } from "./format.ts";
import { byteUnits, setPreferences, themes, usePreferences } from "./preferences.ts";

const useStyles = makeStyles({
  fields: { display: "grid", gap: tokens.spacingVerticalXL, maxWidth: "480px" },
});

const themeNames = { system: "As the system", light: "Light", dark: "Dark" } as const;
const unitNames = { binary: "Binary: KiB, MiB, GiB", decimal: "Decimal: kB, MB, GB" } as const;

const languages = [
  "en-GB",
  "en-US",
  "de",
  "fr",
  "es",
  "it",
  "nl",
  "pl",
  "pt",
  "sv",
  "cs",
  "ja",
  "zh",
];

export function PreferencesPage() {
  const styles = useStyles();
  const { theme, units, language } = usePreferences();
  const now = useNow();
  return (
    <Page title="Preferences">
      <Panel title="In this browser">
        <div className={styles.fields}>
          <Field label="Theme">
            <RadioGroup
              value={theme}
              onChange={(_, { value }) =>
                setPreferences({ theme: themes.find((name) => name === value) ?? "system" })
              }
            >
              {themes.map((name) => (
                <Radio key={name} value={name} label={themeNames[name]} />
              ))}
            </RadioGroup>
          </Field>
          <Field label="Dates and numbers" hint={`Now: ${time(now)}`}>
            <Select
              value={language ?? ""}
              onChange={(_, { value }) => setPreferences({ language: value === "" ? null : value })}
            >
              <option value="">As the browser</option>
              {languages.map((tag) => (
                <option key={tag} value={tag}>
                  {new Intl.DisplayNames([tag], { type: "language" }).of(tag) ?? tag}
                </option>
              ))}
            </Select>
          </Field>
          <Field label="Units" hint={`4 294 967 296 bytes are ${bytes(2 ** 32)}`}>
            <RadioGroup
              value={units}
              onChange={(_, { value }) =>
                setPreferences({ units: byteUnits.find((name) => name === value) ?? "binary" })
              }
            >
              {byteUnits.map((name) => (
                <Radio key={name} value={name} label={unitNames[name]} />
              ))}
            </RadioGroup>
          </Field>
        </div>
      </Panel>
    </Page>
  );
}
