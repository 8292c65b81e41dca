/** The parts of a page, by tabs that its address knows. */
import { makeStyles, Tab, TabList } from "@fluentui/react-components";

/** On a phone they lie one behind the other, to be pushed along. */
const useStyles = makeStyles({ tabs: { overflowX: "auto", flexShrink: 0 } });

interface PageTabsProps<Name extends string> {
  readonly label: string;
  /** Those that are offered, in order; the first is what the bare address shows. */
  readonly tabs: readonly Name[];
  readonly titles: Readonly<Record<Name, string>>;
  readonly shown: Name;
  /** With what the address says of it. */
  readonly onShow: (search: { tab?: string }) => void;
}

export function PageTabs<Name extends string>(given: PageTabsProps<Name>) {
  const { label, tabs, titles, shown, onShow } = given;
  return (
    <TabList
      className={useStyles().tabs}
      aria-label={label}
      selectedValue={shown}
      onTabSelect={(_, { value }) => onShow(value === tabs[0] ? {} : { tab: String(value) })}
    >
      {tabs.map((name) => (
        <Tab key={name} value={name}>
          {titles[name]}
        </Tab>
      ))}
    </TabList>
  );
}
