// What this browser keeps between visits: its key (never extractable) and its device token, in IndexedDB.

export interface StoredToken {
  deviceToken: string;
  scopes: string[];
}

export interface Vault {
  /** Returns the stored key pair, or stores the one made by `make`; two tabs racing end with the same one. */
  keyPair(make: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair>;
  token(): Promise<StoredToken | null>;
  keepToken(token: StoredToken): Promise<void>;
  forgetToken(): Promise<void>;
}

const DATABASE = "landline";
const STORE = "identity";
const KEY = "key";
const TOKEN = "token";

/** Returns the browser's vault, or one in memory where the browser allows no storage (some private windows). */
export async function openVault(): Promise<Vault> {
  try {
    return new IndexedVault(await openDatabase());
  } catch {
    return memoryVault();
  }
}

class IndexedVault implements Vault {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  async keyPair(make: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair> {
    const known = await this.#get(KEY);
    if (isKeyPair(known)) return known;
    const fresh = await make();
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(STORE, "readwrite");
      const store = transaction.objectStore(STORE);
      let kept = fresh;
      // Looked at again inside the transaction: another tab may have been faster.
      const look = store.get(KEY);
      look.onsuccess = () => {
        if (isKeyPair(look.result)) kept = look.result;
        else store.put(fresh, KEY);
      };
      transaction.oncomplete = () => resolve(kept);
      transaction.onerror = () => reject(transaction.error);
    });
  }

  async token(): Promise<StoredToken | null> {
    const value = await this.#get(TOKEN);
    return isStoredToken(value) ? value : null;
  }

  keepToken(token: StoredToken): Promise<void> {
    return this.#write((store) => store.put(token, TOKEN));
  }

  forgetToken(): Promise<void> {
    return this.#write((store) => store.delete(TOKEN));
  }

  #get(key: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request = this.#database.transaction(STORE, "readonly").objectStore(STORE).get(key);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  #write(change: (store: IDBObjectStore) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(STORE, "readwrite");
      change(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
    });
  }
}

export function memoryVault(): Vault {
  let pair: Promise<CryptoKeyPair> | null = null;
  let token: StoredToken | null = null;
  return {
    keyPair: (make) => {
      pair ??= make();
      return pair;
    },
    token: async () => token,
    keepToken: async (value) => {
      token = value;
    },
    forgetToken: async () => {
      token = null;
    },
  };
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("storage is blocked by another tab"));
  });
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  return typeof value === "object" && value !== null && "privateKey" in value && "publicKey" in value;
}

function isStoredToken(value: unknown): value is StoredToken {
  return typeof value === "object" && value !== null && "deviceToken" in value && "scopes" in value;
}
