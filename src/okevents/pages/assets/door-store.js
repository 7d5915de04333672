// What the device keeps for the door, in the browser's own database: lists of who may enter, scans that aren't sent yet,
// who was let in here, and what is to be looked at. None of it has a guest's name. Without such a database it is kept for as
// long as the page is open.

const NAME = "okevents-door";
const TABLE = "kept";

const opened = new Promise((resolve) => {
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  } catch {
    resolve(null);
  }
});
const memory = new Map();

const within = async (mode, work) => {
  const database = await opened;
  const transaction = database.transaction(TABLE, mode);
  const found = work(transaction.objectStore(TABLE));
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
  return found?.result;
};

export const isLasting = async () => Boolean(await opened);

export const get = async (key) => ((await isLasting()) ? within("readonly", (table) => table.get(key)) : memory.get(key));

export const put = async (key, value) =>
  (await isLasting()) ? within("readwrite", (table) => void table.put(value, key)) : void memory.set(key, value);

export const remove = async (key) =>
  (await isLasting()) ? within("readwrite", (table) => void table.delete(key)) : void memory.delete(key);

// All whose keys begin so, by their keys.
export const all = async (prefix) => {
  if (!(await isLasting())) return new Map([...memory].filter(([key]) => key.startsWith(prefix)).sort());
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  const [keys, values] = await Promise.all([
    within("readonly", (table) => table.getAllKeys(range)),
    within("readonly", (table) => table.getAll(range)),
  ]);
  return new Map(keys.map((key, place) => [key, values[place]]));
};

export const clear = async () => {
  memory.clear();
  if (await isLasting()) await within("readwrite", (table) => void table.clear());
};

// Events that are long over leave nothing here but scans that aren't sent yet.
export const forget = async (now) => {
  for (const [key, list] of await all("list:")) {
    if (new Date(list.keepUntil) > now) continue;
    for (const kind of ["seen", "conflict"]) {
      for (const each of (await all(`${kind}:${list.event}:`)).keys()) await remove(each);
    }
    await remove(key);
  }
};
