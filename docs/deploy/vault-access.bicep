// Lets an identity read the certificates of a vault, their private keys included.
param vaultName string
param principalId string

@description('Key Vault Certificate User; Key Vault Secrets User, 4633458b-17de-408a-b874-0445c86b69e6, does as well.')
param roleId string = 'db79e9a7-68ee-4b58-9aeb-b90e7c24fcba'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, principalId, roleId)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    principalId: principalId
    // Without it the assignment may fail while a new identity is still unknown in places.
    principalType: 'ServicePrincipal'
  }
}
