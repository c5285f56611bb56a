/**
 * The compressed and encrypted entries of `fixtures/python-wire.json`, as the values that the envelope of the entry holds.
 * They stand here a second time since the JSON file has a raw U+2028, which the test runner for workerd does not load.
 */
export const wire = {
  gzip: {
    value: { text: "the quick brown fox ".repeat(120), n: 7 },
    stored: {
      __compressed_data__:
        "H4sIAERGBGsE/6tWKkmtKFGyUirJSFUoLM1MzlZIKsovz1NIy69QGBUbDYPRdDCaF0bLg9EycbReGK0bR9sH5LeRlHSU8pSszGsBt34dC3EJAAA=",
      __compression_algorithm__: "gzip",
      __compression_version__: 1,
    },
  },
  fernet: {
    value: { token: "s3cr3t", n: [1, 2, 3] },
    stored: {
      __encrypted_data__:
        "Z0FBQUFBQnJCRVpHcG9wT0U3MWF4RGNxLVlVMWNZdFFVX2xXZU5Rc181amZmbVR0NDA4TEFMa0dCMklFSjRzUnVMTG43cDRWSTYwejhaNldnSjN3VlZMaDBta2dhc1NEQ3RJZnpZLTcxWjZEQk1pR3k1cEtObGM9",
      __encryption_version__: 1,
    },
  },
  "gzip then fernet": {
    value: { text: "lorem ipsum ".repeat(200) },
    stored: {
      __encrypted_data__:
        "Z0FBQUFBQnJCRVpJb0FpUThnMmpXVEJQT041TkJlRWxRNlVyWVFISnhyOGhVTzhuVGZHMFVxN2tUbUgxZXZ0R21PVEt5WXdnSmVKVVhZcmdOZW9PQnZuR0VLVUNLQzc4c0diZXRqX0Zsa2h5MDU2QjVsdDRkb0VtbVlDUDBvMW9tUVNzMnZ5Z29HZGRYa05teG5vTmxKQTlpLTBfNnRHRUVFR3A4WHRIREx6MWVyU0Qxc194NWdpNUt0YW9ua0ZwWUJRcjlPRjlPRm9OTE9qSWNBZGFVampGUjBDcjBUbXpiZjl0WDZrbjNtZ1g0OFR4NVZQX0p1OFZKUjZlbDhOLTVjcWtaMzVVN3VHUjdLZGtYVGRna2taazk4NnFsS2NCU3lhakFiMjNWNmY3QWE3QlRUMFZBOW5CQlNVbDROZlloa19mby1vWHd4YzE=",
      __encryption_version__: 1,
    },
  },
};

export const wireKeys = {
  sourceMaterial: "my source",
  salt: "my salt",
  derivedKeyUrlsafeBase64: "gdyR-Qjo0EVp5p49iNfKpIaK5k8kWMA-q48XNTl03-s=",
};
