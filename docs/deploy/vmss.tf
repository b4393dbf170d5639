# A scale set whose machines get a certificate from Key Vault through kvagent.
#
# The vault must use Azure RBAC. Whoever applies this needs
# Microsoft.Authorization/roleAssignments/write on it. The provider is configured by the caller.

terraform {
  required_version = ">= 1.3"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

variable "name" {
  type    = string
  default = "web"
}

variable "location" {
  type = string
}

variable "resource_group_name" {
  type = string
}

variable "vault_name" {
  type = string
}

variable "vault_resource_group_name" {
  type = string
}

variable "certificate_name" {
  type        = string
  description = "The certificate in the vault."
}

variable "subnet_id" {
  type        = string
  description = "The subnet of the machines; it must reach the vault."
}

variable "admin_public_key" {
  type = string
}

variable "package_url" {
  type        = string
  description = "Where the machines get the Debian package from, over https."
}

variable "package_sha256" {
  type = string

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.package_sha256))
    error_message = "64 hexadecimal digits, lower case."
  }
}

variable "instances" {
  type    = number
  default = 2
}

data "azurerm_key_vault" "vault" {
  name                = var.vault_name
  resource_group_name = var.vault_resource_group_name
}

# User-assigned, since it has its role before the first machine starts.
resource "azurerm_user_assigned_identity" "kvagent" {
  name                = "${var.name}-kvagent"
  location            = var.location
  resource_group_name = var.resource_group_name
}

# "Key Vault Secrets User" does as well; polls then move the private key.
resource "azurerm_role_assignment" "kvagent" {
  scope                = data.azurerm_key_vault.vault.id
  role_definition_name = "Key Vault Certificate User"
  principal_id         = azurerm_user_assigned_identity.kvagent.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_linux_virtual_machine_scale_set" "web" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
  sku                 = "Standard_B2s"
  instances           = var.instances
  overprovision       = false
  upgrade_mode        = "Manual"
  admin_username      = "azureuser"

  custom_data = base64encode(templatefile("${path.module}/cloud-init.yaml", {
    secret_url     = "${data.azurerm_key_vault.vault.vault_uri}secrets/${var.certificate_name}"
    client_id      = azurerm_user_assigned_identity.kvagent.client_id
    package_url    = var.package_url
    package_sha256 = var.package_sha256
  }))

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.kvagent.id]
  }

  admin_ssh_key {
    username   = "azureuser"
    public_key = var.admin_public_key
  }

  source_image_reference {
    publisher = "Debian"
    offer     = "debian-12"
    sku       = "12-gen2"
    version   = "latest"
  }

  os_disk {
    storage_account_type = "StandardSSD_LRS"
    caching              = "ReadWrite"
  }

  network_interface {
    name    = "primary"
    primary = true

    ip_configuration {
      name      = "primary"
      primary   = true
      subnet_id = var.subnet_id
    }
  }

  # Without the role the first poll would be denied, and tried again half a minute later.
  depends_on = [azurerm_role_assignment.kvagent]
}

output "client_id" {
  value = azurerm_user_assigned_identity.kvagent.client_id
}
