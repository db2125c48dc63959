// The link can be followed as it is; here its token goes into the path.
const [token] = String(pm.collectionVariables.get('exportUrl')).split('/').slice(-1)
pm.collectionVariables.set('exportToken', token)
