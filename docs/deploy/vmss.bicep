// A scale set whose machines get a certificate from Key Vault through kvagent.
//
//   az deployment group create --resource-group web --template-file vmss.bicep \
//     --parameters vaultName=contoso certificateName=web subnetId=/subscriptions/… \
//       adminPublicKey="$(cat ~/.ssh/id_ed25519.pub)" packageUrl=https://… packageSha256=…
//
// The vault must use Azure RBAC (enableRbacAuthorization). Whoever deploys needs
// Microsoft.Authorization/roleAssignments/write on it.
targetScope = 'resourceGroup'

param location string = resourceGroup().location
param name string = 'web'

@description('The Key Vault that has the certificate.')
param vaultName string

@description('The resource group of the vault, where it is another one.')
param vaultResourceGroup string = resourceGroup().name

@description('The certificate in the vault.')
param certificateName string

@description('The subnet of the machines. It must reach the vault: a service endpoint, a private endpoint or the internet.')
param subnetId string

param adminUsername string = 'azureuser'
param adminPublicKey string

@description('Where the machines get the Debian package from, over https.')
param packageUrl string

@description('The SHA-256 of the package, 64 hexadecimal digits.')
@minLength(64)
@maxLength(64)
param packageSha256 string

param vmSize string = 'Standard_B2s'

@minValue(1)
@maxValue(100)
param instances int = 2

// User-assigned, since it has its role before the first machine starts.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: '${name}-kvagent'
  location: location
}

module access 'vault-access.bicep' = {
  name: '${name}-kvagent-access'
  scope: resourceGroup(vaultResourceGroup)
  params: {
    vaultName: vaultName
    principalId: identity.properties.principalId
  }
}

var secretUrl = 'https://${vaultName}${environment().suffixes.keyvaultDns}/secrets/${certificateName}'
var cloudInit = replace(
  replace(
    replace(
      replace(loadTextContent('cloud-init.yaml'), '\${secret_url}', secretUrl),
      '\${client_id}',
      identity.properties.clientId
    ),
    '\${package_url}',
    packageUrl
  ),
  '\${package_sha256}',
  packageSha256
)

resource scaleSet 'Microsoft.Compute/virtualMachineScaleSets@2024-07-01' = {
  name: name
  location: location
  // Without the role the first poll would be denied, and tried again half a minute later.
  dependsOn: [access]
  sku: {
    name: vmSize
    tier: 'Standard'
    capacity: instances
  }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.id}': {}
    }
  }
  properties: {
    orchestrationMode: 'Uniform'
    overprovision: false
    // custom data reaches a machine when it is made or reimaged; a new certificate needs neither.
    upgradePolicy: {
      mode: 'Manual'
    }
    virtualMachineProfile: {
      osProfile: {
        computerNamePrefix: take(name, 9)
        adminUsername: adminUsername
        customData: base64(cloudInit)
        linuxConfiguration: {
          disablePasswordAuthentication: true
          ssh: {
            publicKeys: [
              {
                path: '/home/${adminUsername}/.ssh/authorized_keys'
                keyData: adminPublicKey
              }
            ]
          }
        }
      }
      storageProfile: {
        imageReference: {
          publisher: 'Debian'
          offer: 'debian-12'
          sku: '12-gen2'
          version: 'latest'
        }
        osDisk: {
          createOption: 'FromImage'
          caching: 'ReadWrite'
          managedDisk: {
            storageAccountType: 'StandardSSD_LRS'
          }
        }
      }
      networkProfile: {
        networkInterfaceConfigurations: [
          {
            name: 'primary'
            properties: {
              primary: true
              ipConfigurations: [
                {
                  name: 'primary'
                  properties: {
                    subnet: {
                      id: subnetId
                    }
                  }
                }
              ]
            }
          }
        ]
      }
    }
  }
}

output clientId string = identity.properties.clientId
output secretUrl string = secretUrl
